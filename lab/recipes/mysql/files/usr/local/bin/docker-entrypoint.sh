#!/usr/bin/env bash
# Start MySQL in a container. If the data directory is empty, initialize it from the environment as
# the public image does: MYSQL_ROOT_PASSWORD, MYSQL_ROOT_HOST, MYSQL_DATABASE, MYSQL_USER and
# MYSQL_PASSWORD, each also as <NAME>_FILE, and /docker-entrypoint-initdb.d. MySQL does not listen on
# TCP before this is done.
set -euo pipefail
shopt -s nullglob

log() { printf '%s [Entrypoint]: %s\n' "$(date --rfc-3339=seconds)" "$*" >&2; }
die() { log "ERROR: $*" && exit 1; }

# Set the variable $1, from the file that ${1}_FILE names if that is set.
file_env() {
    local name=$1 file=${1}_FILE
    if [ -n "${!file:-}" ]; then
        [ -z "${!name:-}" ] || die "both $name and $file are set"
        printf -v "$name" '%s' "$(<"${!file}")"
    fi
    printf -v "$name" '%s' "${!name:-}"
    unset "$file"
}

# Quote $1 as an SQL string, as an SQL name and as a value in an option file.
text() { local v=${1//\\/\\\\} && printf "'%s'" "${v//\'/\\\'}"; }
name() { local tick=$'\x60' && printf '%s' "$tick${1//$tick/$tick$tick}$tick"; }
option() { local v=${1//\\/\\\\} && printf '"%s"' "${v//\"/\\\"}"; }

# Print the value of MySQL's variable $1 for the command in the other arguments. In the help, only the lines
# of variables are not indented.
setting() {
    local key=$1
    shift
    "$@" --verbose --help 2>/dev/null | awk -v key="$key" '/^[^ \t]/ && $1 == key { print $2; exit }'
}

client() {
    mysql --defaults-extra-file=<(printf '[client]\npassword=%s\n' "$(option "$password")") \
        --protocol=socket --user=root --socket="$socket" --comments "$@"
}

initialize() {
    [ -n "$MYSQL_ROOT_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD" ] ||
        die "the data directory is empty and MYSQL_ROOT_PASSWORD or MYSQL_ROOT_PASSWORD_FILE is not set"
    [ -z "$MYSQL_USER" ] || [ -n "$MYSQL_PASSWORD" ] || die "MYSQL_USER is set, MYSQL_PASSWORD is not"
    if [ -n "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
        MYSQL_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64)
        log "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
    fi
    log "Initializing database files"
    "$@" --initialize-insecure --default-time-zone=SYSTEM
    log "Starting temporary server"
    "$@" --skip-networking --mysqlx=OFF --default-time-zone=SYSTEM --socket="$socket" &
    server=$!
    for _ in {1..300}; do
        mysqladmin --socket="$socket" --user=root ping &>/dev/null && break
        kill -0 "$server" 2>/dev/null || die "the temporary server does not start"
        sleep 0.1
    done
    password=
    create_users | client --database=mysql
    password=$MYSQL_ROOT_PASSWORD
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        log "running $file"
        run_file "$file" "$@"
    done
    log "Stopping temporary server"
    kill "$server"
    wait "$server"
    log "MySQL init process done. Ready for start up."
}

create_users() {
    local secret
    secret=$(text "$MYSQL_ROOT_PASSWORD")
    echo "SET @@SESSION.SQL_LOG_BIN=0;"
    if [ -n "$MYSQL_ROOT_HOST" ] && [ "$MYSQL_ROOT_HOST" != localhost ]; then
        echo "CREATE USER 'root'@$(text "$MYSQL_ROOT_HOST") IDENTIFIED BY $secret;"
        echo "GRANT ALL ON *.* TO 'root'@$(text "$MYSQL_ROOT_HOST") WITH GRANT OPTION;"
    fi
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $secret;"
    [ -z "$MYSQL_DATABASE" ] || echo "CREATE DATABASE IF NOT EXISTS $(name "$MYSQL_DATABASE");"
    if [ -n "$MYSQL_USER" ]; then
        echo "CREATE USER $(text "$MYSQL_USER")@'%' IDENTIFIED BY $(text "$MYSQL_PASSWORD");"
        [ -z "$MYSQL_DATABASE" ] ||
            echo "GRANT ALL ON $(name "${MYSQL_DATABASE//_/\\_}").* TO $(text "$MYSQL_USER")@'%';"
    fi
}

run_file() {
    local database=()
    [ -z "$MYSQL_DATABASE" ] || database=(--database="$MYSQL_DATABASE")
    # shellcheck source=/dev/null
    case $1 in
        *.sh) if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
        *.sql) client "${database[@]}" <"$1" ;;
        *.sql.gz) gunzip --stdout "$1" | client "${database[@]}" ;;
        *) log "ignoring $1" ;;
    esac
}

case ${1-} in -*) set -- mysqld "$@" ;; esac
case "${1-} $*" in
    mysqld\ *--help* | mysqld\ *--version* | mysqld\ *-V*) exec "$@" ;;
    mysqld\ *) ;;
    *) exec "$@" ;;
esac

datadir=$(setting datadir "$@")
socket=$(setting socket "$@")
[ -n "$datadir" ] || die "mysqld does not take its options: $("$@" --verbose --help 2>&1 >/dev/null | tail -n 3)"
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$datadir" "${socket%/*}"
    find "$datadir" "${socket%/*}" \! -user mysql -exec chown mysql:mysql '{}' +
    exec setpriv --reuid=mysql --regid=mysql --init-groups -- "$0" "$@"
fi

for variable in MYSQL_ROOT_PASSWORD MYSQL_ROOT_HOST MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD \
    MYSQL_RANDOM_ROOT_PASSWORD MYSQL_ALLOW_EMPTY_PASSWORD; do
    file_env "$variable"
done
MYSQL_ROOT_HOST=${MYSQL_ROOT_HOST:-%}
[ -d "$datadir/mysql" ] || initialize "$@"
unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD password
exec "$@"
