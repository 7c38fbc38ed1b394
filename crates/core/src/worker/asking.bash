# Asks a program in the env that is activated, and ends what is left of it.
# Arguments: PROGRESS PROGRAM…
#   PROGRESS  is removed, which says that the env was activated
# Both outputs of the program go to this one's standard error, so that they stay in order.

rm -f -- "$1"
shift
# Many systems have only a python3, as the worker knows, too.
if [[ $1 == python ]] && ! type -P python >/dev/null && type -P python3 >/dev/null; then
    set -- python3 "${@:2}"
fi
# Who asks may be killed while this goes on.
(while kill -0 "$PPID"; do sleep 1; done; kill 0) >/dev/null 2>&1 &
# Nothing is cut to a terminal or shown in a pager, and no name is broken at the end of a line.
COLUMNS=200 TERM=dumb NO_COLOR=1 PAGER=cat "$@" >&2
status=$?
# The program leads no group of its own, so that this reaches all that it has started.
trap '' TERM
kill 0
exit "$status"
