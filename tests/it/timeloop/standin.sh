#!/bin/sh
# Stands in for timeloop-mapper. It reads and writes what the real one does (specification 6.3 and 7), failures included.
# The folder that it is called from says what it shall do; the folder `recorded` beside it has what a real run has left.
# Started from a background job, a shell could not trap the signal that ends it.
if [ -z "${STANDIN_HEARS:-}" ] && env --default-signal=INT true 2>/dev/null; then
    STANDIN_HEARS=1 exec env --default-signal=INT "$0" "$@"
fi
here=$(dirname "$0")
how=$(basename "$here")
recorded=$here/recorded
prefix=timeloop-mapper

[ "$how" = missing-library ] && {
    echo "$0: error while loading shared libraries: libtimeloop-mapper.so: cannot open shared object file" >&2
    exit 127
}

[ $# -ge 1 ] || { echo "main: Assertion \`argc >= 2' failed." >&2; exit 134; }
echo "input file: $1"
for wanted in '^architecture:$' '^problem:$' '^mapper:$' '^ERT:$' '^ART:$' '^  live_status: false$'; do
    grep -q "$wanted" "$1" || { echo "ERROR: the input has no $wanted" >&2; exit 1; }
done

write_best() {
    for file in stats.txt map.yaml map.txt; do
        cat "$recorded/$prefix.$file" >"$prefix.$file" 2>/dev/null || rm -f "$prefix.$file"
    done
}

write_empty() {
    for file in stats.txt map.txt map.yaml map+stats.xml map.cpp map.tensella.txt orojenesis.csv; do
        : >"$prefix.$file"
    done
}

say() {
    [ -e "$recorded/stdout.txt" ] && cat "$recorded/stdout.txt"
    [ -e "$recorded/stderr.txt" ] && cat "$recorded/stderr.txt" >&2
}

case $how in
normal) say; write_best ;;
# No valid mapping: all is well, and nothing is in the files.
nothing-valid) say; write_empty ;;
# A constraint stated twice.
refuses) say; exit 1 ;;
aborts) echo "timeloop-mapper: buffer.cpp:301: Assertion \`width % word_bits == 0' failed." >&2; kill -ABRT $$ ;;
aborts-in-a-shell) echo "timeloop-mapper: buffer.cpp:301: Assertion \`width % word_bits == 0' failed." >&2; exit 134 ;;
unknown-algorithm) exit 255 ;;
no-accelergy) echo "Failed to run Accelergy. Did you install Accelergy or specify ACCELERGYPATH correctly?" ;;
writes-nothing) ;;
cut-off) write_best; head -c 2000 "$recorded/$prefix.stats.txt" >$prefix.stats.txt ;;
garbage)
    head -c 700000 /dev/zero | tr '\0' '\377' >&2
    head -c 700000 /dev/zero | tr '\0' '\376'
    head -c 3000 /dev/zero | tr '\0' '\377' | tee $prefix.stats.txt >$prefix.map.yaml
    ;;
garbage-map) say; write_best; echo '[' >$prefix.map.yaml; echo '<< Compute >>' >$prefix.map.txt ;;
# The summary says another number of cycles than the mapping has.
lies) write_best; sed 's/^Cycles: .*/Cycles: 12345/' "$recorded/$prefix.stats.txt" >$prefix.stats.txt ;;
# Searches until it is told to stop, and writes its best then.
searches)
    trap 'echo "Interrupt caught. Mapper threads will terminate after completing any ongoing evaluations." >&2
          write_best; exit 0' INT
    say
    while :; do sleep 0.05; done
    ;;
# Has found nothing when it is told to stop.
searches-in-vain) trap 'write_empty; exit 0' INT; while :; do sleep 0.05; done ;;
# Hears nothing any more; neither does what it has started.
hangs) trap '' INT; sleep 60; sleep 60 ;;
# Ends, but something that it has started keeps its streams open.
leaves-a-child) say; write_best; sleep 60 & ;;
*) echo "no such behaviour: $how" >&2; exit 99 ;;
esac
