# Completion of burble's command line in bash: subcommands, options, instances, parameters and counters.

_burble_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

# Names of running instances: their sockets, in the directories of docs/control.md.
_burble_instances()
{
	local path names=
	for path in "$XDG_RUNTIME_DIR/burble" /run/burble "/tmp/burble-$UID"; do
		for path in "$path"/*.sock; do
			[ -S "$path" ] && path=${path##*/} && [[ "$names " != *" ${path%.sock} "* ]] && names+=" ${path%.sock}"
		done
	done
	_burble_words "$names"
}

_burble_states="all connected synchronized bucket big established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait
closed close-wait last-ack listening closing"

_burble()
{
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_burble_words "admin chat doctor dump help import lab link netstat nstat pkt ss sysctl top version --help --version"
		return
	fi
	case "$before" in
	--name) _burble_instances; return ;;
	state | exclude) [ "${COMP_WORDS[1]}" = ss ] && _burble_words "$_burble_states" && return ;;
	--binary | --config | --data | --pcap | --out | -p | -w) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	esac
	case "${COMP_WORDS[1]}" in
	admin)
		options="status cluster users channels whois kill announce ban account rehash backup upgrade --binary --json --name --help"
		[[ $before == ban ]] && options="list add del"
		[[ $before == account ]] && options="show add suspend unsuspend passwd"
		[[ " ${COMP_WORDS[*]} " == *" ban add "* ]] && options="--time --dry-run"
		if [ "$before" = backup ]; then mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return; fi
		;;
	chat) options="--config --listen --listen-tls --listen-web --listen-web-tls --data --set --stack --addr --gw --name --busy-poll --print-config --hash-password --help" ;;
	doctor) options="--connections --json --root --help" ;;
	dump) options="-S -t -n -c -s -w -U --json --name --help" ;;
	help) options="admin chat doctor dump help import lab link netstat nstat pkt ss sysctl top version control counters metrics scenario" ;;
	lab)
		options="list run fuzz"
		[[ $cur == -* ]] && options="--seed --set --ladder --json --out --svg --rows --open --data --slow-path --quiet --real --longest --help"
		;;
	link)
		options="--delay --jitter --rate --loss --gemodel --duplicate --corrupt --reorder --limit --codel --swallow --down"
		options+=" --one-way --firewall --nat --seed --help"
		;;
	netstat) options="-s -a -l -t -u -n -o -p -W -4 -6 --json --name --help" ;;
	nstat) options="-a -j -n -r -s -z --name --help" ;;
	ss) options="-a -l -t -u -4 -6 -n -o -e -p -m -i -s -r -A -f -O -H --json --resolve --query --family --name --help state exclude dst src dport sport dev" ;;
	sysctl)
		options="-a -n -N -w -q -e -p --json --name --help"
		[[ $cur == -* ]] || options+=" $(burble sysctl -aN 2>/dev/null)"
		;;
	top) options="-b -d -n --name --help" ;;
	pkt) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	esac
	_burble_words "$options"
}

complete -F _burble burble
