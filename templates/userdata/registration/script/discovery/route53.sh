
# Route53: the value stands in an SRV set that many share (see dns/route53/shared.sh).

route53_join() {
  own_value
  echo "SRV $VALUE" >"$WORK/wanted"
  route53_swap "$SERVICE" SRV
}

route53_leave() {
  : >"$WORK/wanted"
  route53_swap "$SERVICE" SRV
}

route53_has_joined() {
  own_value
  echo "SRV $VALUE" >"$WORK/wanted"
  route53_wanted "$SERVICE" SRV || return $?
  JOINED=yes
  [ ! -s "$WORK/changes" ] || JOINED=no
}
