#!/bin/sh
# Plays a build of cost-ops with two benchmark targets, which take as long as the script's name
# says.
name=$(basename "$0" .sh)
case $name in slower) sum=1100 ;; *) sum=1000 ;; esac
if [ "$1" = run ]; then
  echo 'sum  adds'
  [ "$name" = fewer ] || echo 'max  finds'
  exit 0
fi
[ "$name" = crashing ] && [ "$2" = sum ] && { echo 'out of memory' >&2; exit 3; }
[ "$2" = sum ] && ns=$sum || ns=1000
while read -r verb rest; do
  case $verb in
    hello) echo "ready 3 $2 abc cpu 7" ;;
    move) echo 'moved 1' ;;
    calibrate) echo 'iterations 16' ;;
    block) echo "block $ns $ns $ns 0 0" ;;
  esac
done
