#!/bin/sh
# process-storm, fixed: the shell does it itself. [names]
i=0
while [ "$i" -lt "${1:-500}" ]; do
	path="/data/part-$i/file-$i.txt"
	name="${path##*/}"
	echo "${name%.txt}"
	i=$((i + 1))
done
