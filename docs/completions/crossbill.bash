# Made by tools/generate-docs.js from the commands; do not edit.
_crossbill() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "run attach report import try scoreboard diff check lab explain compare calibrate doctor help --help --version" -- "$current"))
		return
	fi
	case ${COMP_WORDS[1]} in
	run)
		case $previous in
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--json) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--recording) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--top) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--by) COMPREPLY=($(compgen -W "process syscall target" -- "$current")); return ;;
		-e|--trace) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--recorder) COMPREPLY=($(compgen -W "ebpf ptrace" -- "$current")); return ;;
		--sequence) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "-o --output --json --recording --top --by -e --trace --all --exact-time --recorder --sequence --no-calibrate --no-symbols --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -c -f -- "$current")) ;;
		esac
		;;
	attach)
		case $previous in
		-p|--pid) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--duration) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--json) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--recording) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--top) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--by) COMPREPLY=($(compgen -W "process syscall target" -- "$current")); return ;;
		-e|--trace) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--recorder) COMPREPLY=($(compgen -W "ebpf ptrace" -- "$current")); return ;;
		--sequence) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "-p --pid --duration -o --output --json --recording --top --by -e --trace --all --exact-time --recorder --sequence --no-calibrate --no-symbols --help" -- "$current")) ;;
		esac
		;;
	report)
		case $previous in
		--format) COMPREPLY=($(compgen -W "text json pprof speedscope collapsed chrome prometheus markdown csv" -- "$current")); return ;;
		--value) COMPREPLY=($(compgen -W "boundary kernel wait crossings bytes" -- "$current")); return ;;
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--top) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--by) COMPREPLY=($(compgen -W "process syscall target" -- "$current")); return ;;
		-e|--trace) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--format --value --json -o --output --top --by -e --trace --all --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -f -- "$current")) ;;
		esac
		;;
	import)
		case $previous in
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--top) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--by) COMPREPLY=($(compgen -W "process syscall target" -- "$current")); return ;;
		-e|--trace) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "-o --output --top --by -e --trace --all --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -f -- "$current")) ;;
		esac
		;;
	try)
		case $previous in
		--finding) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--output-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--finding --json --live --unsafe --output-file --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -f -- "$current")) ;;
		esac
		;;
	scoreboard)
		case $current in
		-*) COMPREPLY=($(compgen -W "--json --help" -- "$current")) ;;
		esac
		;;
	diff)
		case $previous in
		--fail-on) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--top) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--fail-on --top --json --markdown -o --output --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -f -- "$current")) ;;
		esac
		;;
	check)
		case $previous in
		--budget) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--headroom) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--per) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--per-line) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		--runs) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--json) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--markdown) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--recorder) COMPREPLY=($(compgen -W "ebpf ptrace" -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--budget --update --headroom --per --per-line --runs -o --output --json --markdown --exact-time --recorder --no-calibrate --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -c -f -- "$current")) ;;
		esac
		;;
	lab)
		case $previous in
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--json) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--html) COMPREPLY=($(compgen -f -- "$current")); return ;;
		--seed) COMPREPLY=($(compgen -W "" -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--quick -o --output --json --html --resume --list --seed --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -W "toll chunks scatter perspective mmap ipc rings bypass monitors vmexit libos" -- "$current")) ;;
		esac
		;;
	explain)
		case $previous in
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--all -o --output --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -W "toll chunks scatter perspective mmap ipc rings bypass monitors vmexit libos" -- "$current")) ;;
		esac
		;;
	compare)
		case $previous in
		-o|--output) COMPREPLY=($(compgen -f -- "$current")); return ;;
		esac
		case $current in
		-*) COMPREPLY=($(compgen -W "--json -o --output --help" -- "$current")) ;;
		*) COMPREPLY=($(compgen -f -- "$current")) ;;
		esac
		;;
	calibrate)
		case $current in
		-*) COMPREPLY=($(compgen -W "--quick --json --help" -- "$current")) ;;
		esac
		;;
	doctor)
		case $current in
		-*) COMPREPLY=($(compgen -W "--json --help" -- "$current")) ;;
		esac
		;;
	esac
}
complete -F _crossbill crossbill
