/* echo-load: a process of its own that sends requests over TCP and checks the answers. */
#define _GNU_SOURCE 1
#include "echo-load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mechanism.h"

/* Descriptors that the process has beside its connections' two ends. */
#define OTHER_DESCRIPTORS 64u

struct echo_shared {
	uint64_t requests;
	uint64_t answered;
	bool is_wrong;
};

static int echo_pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

/* The two ends have a CPU each, or what the scheduler finds would differ from run to run. */
static int echo_pin_apart(bool is_client)
{
	cpu_set_t allowed;
	int found = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed) && found++ == (is_client ? 1 : 0))
			return echo_pin(cpu);
	return 0; /* There is but one. */
}

static int echo_allow_descriptors(unsigned int connections)
{
	struct rlimit limit;
	rlim_t wanted = 2 * (rlim_t)connections + OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_cur >= wanted)
		return 0;
	mechanism_refused("the limit of open files (ulimit -n)");
	limit.rlim_cur = wanted;
	return limit.rlim_max < wanted || setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -EMFILE : 0;
}

static int echo_write(int fd, const unsigned char *data, size_t bytes)
{
	while (bytes > 0) {
		ssize_t wrote = send(fd, data, bytes, MSG_NOSIGNAL);

		if (wrote <= 0)
			return -EPIPE;
		data += wrote;
		bytes -= (size_t)wrote;
	}
	return 0;
}

static int echo_read(int fd, unsigned char *data, size_t bytes)
{
	while (bytes > 0) {
		ssize_t got = recv(fd, data, bytes, 0);

		if (got <= 0)
			return -EPIPE;
		data += got;
		bytes -= (size_t)got;
	}
	return 0;
}

/* One request on each of the first `count` connections, then their answers. */
static bool echo_round(const struct echo_load *load, const int *fds, unsigned int count,
		       uint64_t number)
{
	unsigned char sent[ECHO_BYTES_MAX] = {0}, got[ECHO_BYTES_MAX];

	for (unsigned int i = 0; i < count; i++) {
		sent[0] = (unsigned char)(number + i);
		if (echo_write(fds[i], sent, load->bytes))
			return false;
	}
	for (unsigned int i = 0; i < count; i++) {
		sent[0] = (unsigned char)(number + i);
		if (echo_read(fds[i], got, load->bytes) || memcmp(sent, got, load->bytes) != 0)
			return false;
	}
	return true;
}

static void echo_client(const struct echo_load *load, const int *fds, pid_t parent)
{
	struct echo_shared *shared = load->shared;
	eventfd_t go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || echo_pin_apart(true))
		_exit(1);
	while (eventfd_read(load->wake, &go) == 0) {
		uint64_t requests = __atomic_load_n(&shared->requests, __ATOMIC_ACQUIRE);

		for (uint64_t done = 0; done < requests;) {
			uint64_t left = requests - done;
			unsigned int count =
				left < load->connections ? (unsigned int)left : load->connections;

			if (!echo_round(load, fds, count, done)) {
				__atomic_store_n(&shared->is_wrong, true, __ATOMIC_RELEASE);
				_exit(1);
			}
			done += count;
		}
		__atomic_store_n(&shared->answered, requests, __ATOMIC_RELEASE);
	}
	_exit(0);
}

/* Listens on a port of the kernel's choice. Returns fd or -errno. */
static int echo_listen(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	*address = (struct sockaddr_in){.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (bind(fd, (struct sockaddr *)address, length) == 0 &&
	    listen(fd, (int)ECHO_CONNECTIONS_MAX) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &length) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int echo_connect_one(int listener, const struct sockaddr_in *address, int *server,
			    int *client)
{
	int on = 1;

	*client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*client < 0)
		return -errno;
	if (connect(*client, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	*server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*server < 0)
		return -errno;
	/* A request waits for no other to fill a segment with. */
	if (setsockopt(*server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    setsockopt(*client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

static int echo_connect(struct echo_load *load, int *clients)
{
	struct sockaddr_in address;
	int listener = echo_listen(&address);
	int error = 0;

	if (listener < 0)
		return listener;
	for (unsigned int i = 0; i < load->connections && !error; i++)
		error = echo_connect_one(listener, &address, &load->fds[i], &clients[i]);
	close(listener);
	return error;
}

static int echo_start_client(struct echo_load *load, const int *clients)
{
	pid_t parent = getpid();

	load->client = fork();
	if (load->client < 0)
		return -errno;
	if (load->client == 0) {
		/* Else the parent's end would keep a connection open that the parent has closed. */
		for (unsigned int i = 0; i < load->connections; i++)
			close(load->fds[i]);
		echo_client(load, clients, parent);
	}
	for (unsigned int i = 0; i < load->connections; i++)
		close(clients[i]);
	return echo_pin_apart(false);
}

int echo_load_open(struct echo_load *load, struct parameters *parameters)
{
	uint64_t connections = parameter_number(parameters, "connections", 1);
	uint64_t bytes = parameter_number(parameters, "bytes", 64);
	static int clients[ECHO_CONNECTIONS_MAX];
	int error;

	if (connections < 1 || connections > ECHO_CONNECTIONS_MAX || bytes < 1 ||
	    bytes > ECHO_BYTES_MAX)
		return -EINVAL;
	load->connections = (unsigned int)connections;
	load->bytes = (unsigned int)bytes;
	error = echo_allow_descriptors(load->connections);
	if (error)
		return error;
	load->shared = mmap(NULL, sizeof(*load->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	load->wake = eventfd(0, EFD_CLOEXEC);
	if (load->shared == MAP_FAILED || load->wake < 0)
		return -errno;
	/* What is open when something fails ends with the process, which then ends. */
	error = echo_connect(load, clients);
	return error ? error : echo_start_client(load, clients);
}

int echo_load_start(struct echo_load *load, uint64_t requests)
{
	__atomic_store_n(&load->shared->answered, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&load->shared->requests, requests, __ATOMIC_RELEASE);
	return eventfd_write(load->wake, 1) < 0 ? -errno : 0;
}

int echo_load_finish(struct echo_load *load)
{
	struct echo_shared *shared = load->shared;

	while (__atomic_load_n(&shared->answered, __ATOMIC_ACQUIRE) != shared->requests) {
		if (__atomic_load_n(&shared->is_wrong, __ATOMIC_ACQUIRE))
			return -EIO;
		if (waitpid(load->client, NULL, WNOHANG) != 0)
			return -EPIPE;
		sched_yield();
	}
	return 0;
}

void echo_load_close(struct echo_load *load)
{
	for (unsigned int i = 0; i < load->connections; i++)
		close(load->fds[i]);
	kill(load->client, SIGKILL);
	waitpid(load->client, NULL, 0);
	close(load->wake);
	munmap(load->shared, sizeof(*load->shared));
}

uint64_t echo_sleeps(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) < 0 ? 0 : (uint64_t)usage.ru_nvcsw;
}
