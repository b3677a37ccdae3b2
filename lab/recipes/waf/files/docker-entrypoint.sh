#!/bin/sh
# Write nginx's files from the environment, as the public image does with these variables, and run the command.
set -eu

# The public image makes its files of templates, among which users mount theirs.
mkdir -p /tmp/includes
locations=/etc/nginx/templates/includes/location_common.conf.template
if [ -e "$locations" ]; then
    cat "$locations" >/tmp/includes/location_common.conf # not its mode: a restart writes it once more
else
    echo 'location /healthz { modsecurity off; return 200 "OK"; }' >/tmp/includes/location_common.conf
fi

cat >/tmp/modsecurity.conf <<EOF
SecRuleEngine $MODSEC_RULE_ENGINE
SecRequestBodyAccess On
SecRequestBodyLimit $MODSEC_REQ_BODY_LIMIT
SecRequestBodyNoFilesLimit $MODSEC_REQ_BODY_NOFILES_LIMIT
SecRequestBodyLimitAction Reject
SecResponseBodyAccess $MODSEC_RESP_BODY_ACCESS
SecTmpDir /tmp
SecDataDir /tmp
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts $MODSEC_AUDIT_LOG_PARTS
SecAuditLogType Serial
SecAuditLogFormat JSON
SecAuditLog /dev/stdout
SecArgumentSeparator &
SecCookieFormat 0
SecRule REQUEST_HEADERS:Content-Type "(?:application(?:/soap\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+[+])?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.'"
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=$BLOCKING_PARANOIA,setvar:tx.executing_paranoia_level=$BLOCKING_PARANOIA"
SecAction "id:900110,phase:1,nolog,pass,t:none,setvar:tx.inbound_anomaly_score_threshold=$ANOMALY_INBOUND"
SecAction "id:900200,phase:1,nolog,pass,t:none,setvar:'tx.allowed_methods=$ALLOWED_METHODS'"
Include /etc/modsecurity.d/owasp-crs/crs-setup.conf
Include /etc/modsecurity.d/owasp-crs/rules/*.conf
EOF

cat >/tmp/nginx.conf <<EOF
load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections $WORKER_CONNECTIONS; }
http {
    access_log off;
    keepalive_timeout 60s;
    map \$http_upgrade \$connection_upgrade { default upgrade; '' close; }
    client_body_temp_path /tmp/bodies;
    proxy_temp_path /tmp/answers;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    modsecurity on;
    modsecurity_rules_file /tmp/modsecurity.conf;
    server {
        listen $PORT default_server;
        server_name $SERVER_NAME;
        client_max_body_size 0;
        set_real_ip_from $SET_REAL_IP_FROM;
        real_ip_header $REAL_IP_HEADER;
        real_ip_recursive on;
        include /tmp/includes/location_common.conf;
        location / {
            proxy_set_header Host \$host;
            proxy_set_header Proxy "";
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection \$connection_upgrade;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Port \$server_port;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header $REAL_IP_PROXY_HEADER \$remote_addr;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_connect_timeout 60s;
            proxy_read_timeout 36000s;
            proxy_redirect off;
            proxy_pass $BACKEND;
        }
    }
}
EOF
exec "$@" -c /tmp/nginx.conf
