#!/bin/sh
{%- comment %}
  The smallest example: a script that starts a web server which every Ubuntu and Debian image has.

  vars, all optional:
    text  what it answers; else the fleet's name
{%- endcomment %}
set -eu
text={{ vars.text | default: fleet.name }}
health={{ service.health.path | split: "?" | first }}

mkdir -p "/srv/hello${health%/*}"
printf '%s\n' "$text" >/srv/hello/index.html
case $health in
*/) ;;
*) echo ok >"/srv/hello$health" ;;
esac

cat >/etc/systemd/system/hello.service <<'UNIT'
[Unit]
Description=Say hello
After=network.target
# So that the instance leaves DNS while this still answers.
Before=mcd-registration.service

[Service]
ExecStart=/usr/bin/python3 -m http.server --directory /srv/hello {{ service.port }}
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
Restart=always

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now hello.service
