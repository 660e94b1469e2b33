/**
 * Shell programs that stand between us and what we start, so that nothing outlives us.
 *
 * Both read from a pipe that only we hold. However we end (return, exception, Ctrl-C, SIGKILL), the
 * kernel closes that pipe, and they clean up. So no signal handler is needed here, and none could
 * do it: SIGKILL runs no handler. They are POSIX sh because that is everywhere, needs no build, and
 * takes 1 MB where a second Node takes 43.
 */

/**
 * Runs `"$@"` with its output appended to the file `$1` (shifted away), prints its process id as
 * the first line, and exits with its code (128 + n after signal n, as sh has it).
 *
 * Each line on standard input is a signal name, sent to the program. At the end of input the whole
 * process group dies. It must be started as the leader of a group of its own (`detached`), which
 * also keeps the terminal's Ctrl-C from it.
 */
export const SUPERVISE = `
log=$1; shift
exec 3<&0 </dev/null
"$@" >>"$log" 2>&1 3<&- &
program=$!
( while read -r signal <&3; do kill -s "$signal" "$program"; done; kill -s KILL 0 ) >/dev/null 2>&1 &
reader=$!
exec 3<&-
echo "$program"
exec >/dev/null
wait "$program"; code=$?
kill -s KILL "$reader" 2>/dev/null
exit "$code"
`;

/**
 * Makes a folder named after the template `$1`, prints its path, and removes it at the end of
 * input. A line before that end says that its users are gone already; without one we died, and
 * they are dying now: it waits for them (parts of a second are
 * no standard, but common), and tries again while something still writes.
 */
export const KEEP_FOLDER = `
folder=$(mktemp -d "$1") || exit 1
printf '%s\\n' "$folder"
exec >/dev/null
read -r _ || sleep 0.2 2>/dev/null || sleep 1
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$folder" 2>/dev/null && exit 0
  sleep 1
done
exit 1
`;
