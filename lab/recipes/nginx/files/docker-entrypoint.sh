#!/bin/sh
# Run what was put in /docker-entrypoint.d, then the command, as the public image does.
set -e
for file in /docker-entrypoint.d/*.sh; do
    [ ! -x "$file" ] || "$file"
done
exec "$@"
