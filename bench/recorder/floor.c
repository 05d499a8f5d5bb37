/* floor: attaches the empty programs of floor.bpf.o, says "ready", and detaches at end of input. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int floor_fail(const char *what, int error)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(-error));
	return 1;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	char input[16];
	int error;

	if (argc != 2) {
		fputs("usage: floor floor.bpf.o < pipe\n", stderr);
		return 2;
	}
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return floor_fail(argv[1], -2);
	error = bpf_object__load(object);
	if (error)
		return floor_fail("load", error);
	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__attach(program))
			return floor_fail(bpf_program__name(program), -1);
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, input, sizeof(input)) > 0)
		continue;
	return 0; /* Detached with the last descriptor. */
}
