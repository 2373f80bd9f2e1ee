# Answers one question about a file of this node, for `look.rs`: VERB [OFFSET LENGTH] PATH. Read-only and bounded; follows no
# link. The answer ends with a line that has the status. Comment lines are removed before the script is sent.
verb=${1%% *} rest=${1#* } offset=0 length=0
[ "$verb" != read ] || { offset=${rest%% *} rest=${rest#* } length=${rest%% *} rest=${rest#* }; }
directory=${rest%/*} name=./${rest##*/}
answer() {
    # If a directory has been replaced by a link, this is not where it leads.
    cd -P "${directory:-/}" && [ "$PWD" = "${directory:-/}" ] || return
    case $verb in
    stat) stat -c '%f %i' "$name" ;;
    link) readlink "$name" ;;
    list) ls -A "$name/" | head -n 10000 ;;
    statfs) stat -f -c '%t %b %f %c %d' "$name" ;;
    attributes) lsattr -d "$name" ;;
    read) [ -f "$name" ] || [ -b "$name" ] || return
        dd if="$name" iflag=nofollow,nonblock,fullblock,skip_bytes,count_bytes skip="$offset" count="$length" bs=65536 status=none ;;
    kernel-log) [ -c "$name" ] || [ -f "$name" ] || return
        dd if="$name" iflag=nofollow,nonblock bs=8192 status=none 2>/dev/null | tail -c 4000000 ;;
    *) return 1 ;;
    esac
}
answer
printf '\n%s\n' $?
