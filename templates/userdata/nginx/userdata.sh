#!/bin/sh
{%- comment %} What userdata.yaml says, as a script; its vars stand there. {% endcomment %}
{%- capture page %}{% render "page" %}{% endcapture %}
{%- capture server %}{% render "server" %}{% endcapture %}
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive

packages() {
  apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold "$@"
}
packages update
{% if vars.upgrade != false %}packages upgrade || echo 'not everything could be upgraded'
{% endif -%}
packages install curl ca-certificates

mkdir -p /var/www/html /etc/nginx/conf.d /etc/nginx/tls
printf %s {{ server }} >/etc/nginx/conf.d/site.conf
{%- if vars.certificate %}
printf '%s\n' {{ vars.certificate }} >/etc/nginx/tls/site.crt
(umask 077 && printf '%s\n' {{ vars.key }} >/etc/nginx/tls/site.key)
{%- endif %}
{%- if vars.site %}
fetch_site() {
{% render "fetch" -%}
}
fetch_site {{ vars.site }} {{ vars.sha256 | default: "" }}
{%- else %}
printf %s {{ page }} >/var/www/html/index.html
{%- endif %}
sed -i "s/INSTANCE_ID/$(cat /var/lib/cloud/data/instance-id)/g" /var/www/html/index.html

# Last, since it serves as soon as it is there.
packages install nginx
rm -f /etc/nginx/sites-enabled/default
systemctl enable nginx
systemctl reload-or-restart nginx
