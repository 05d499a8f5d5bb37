#!/bin/sh
# process-storm, wasteful: starts a program for each name. [names]
i=0
while [ "$i" -lt "${1:-500}" ]; do
	path="/data/part-$i/file-$i.txt"
	basename "$path" .txt
	i=$(expr "$i" + 1)
done
