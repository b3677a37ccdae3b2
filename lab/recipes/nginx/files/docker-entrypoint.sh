#!/bin/sh
# Run the scripts in /docker-entrypoint.d and then the command, as the public image does.
set -e
for file in /docker-entrypoint.d/*.sh; do
    [ ! -x "$file" ] || "$file"
done
exec "$@"
