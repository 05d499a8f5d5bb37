/* veth-pair: two network namespaces and the devices between them, by raw rtnetlink. */
#define _GNU_SOURCE 1
#include "veth-pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanism.h"

#define REQUEST_BYTES 512u
#define PREFIX_BITS 24u

/* From 198.18.0.0/15, which RFC 2544 sets aside for measuring between devices. */
static const char *const ips[2] = {"198.18.0.1", "198.18.0.2"};
static const char *const names[2] = {"crossbill0", "crossbill1"};

/* One rtnetlink request as it is written. */
struct request {
	struct nlmsghdr header;
	unsigned char body[REQUEST_BYTES];
};

static struct rtattr *request_put(struct request *request, unsigned short type, const void *data,
				  size_t bytes)
{
	unsigned char *end = (unsigned char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)end;

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
	if (bytes > 0)
		memcpy(RTA_DATA(attribute), data, bytes);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) +
		(unsigned int)RTA_ALIGN(attribute->rta_len);
	return attribute;
}

/* All that was put since `attribute` lies in it. */
static void request_nest_end(struct request *request, struct rtattr *attribute)
{
	unsigned char *end = (unsigned char *)request + request->header.nlmsg_len;

	attribute->rta_len = (unsigned short)(end - (unsigned char *)attribute);
}

static void *request_begin(struct request *request, unsigned short type, unsigned short flags,
			   size_t bytes)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = (unsigned int)NLMSG_LENGTH(bytes);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return NLMSG_DATA(&request->header);
}

/* Asks the kernel in the namespace that this process is in. Returns 0 or -errno. */
static int request_ask(struct request *request)
{
	union {
		struct nlmsghdr header;
		unsigned char bytes[2 * sizeof(struct request)];
	} answer;
	const struct nlmsgerr *verdict;
	ssize_t got;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		error = -errno;
	got = error ? 0 : recv(fd, &answer, sizeof(answer), 0);
	if (got < 0)
		error = -errno;
	close(fd);
	if (error)
		return error;
	if ((size_t)got < NLMSG_LENGTH(sizeof(*verdict)) || answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	verdict = NLMSG_DATA(&answer.header);
	return verdict->error;
}

/* Made in the namespace of end 0, with end 1 already in its own. */
static int veth_pair_link(const struct veth_pair *pair)
{
	struct request request;
	struct rtattr *link, *data, *peer;
	const struct ifinfomsg nothing = {.ifi_family = AF_UNSPEC};

	request_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	request_put(&request, IFLA_IFNAME, names[0], strlen(names[0]) + 1);
	request_put(&request, IFLA_ADDRESS, pair->ends[0].address, ETH_ALEN);
	link = request_put(&request, IFLA_LINKINFO, NULL, 0);
	request_put(&request, IFLA_INFO_KIND, "veth", strlen("veth"));
	data = request_put(&request, IFLA_INFO_DATA, NULL, 0);
	peer = request_put(&request, VETH_INFO_PEER, &nothing, sizeof(nothing));
	request_put(&request, IFLA_IFNAME, names[1], strlen(names[1]) + 1);
	request_put(&request, IFLA_ADDRESS, pair->ends[1].address, ETH_ALEN);
	request_put(&request, IFLA_NET_NS_FD, &pair->ends[1].namespace, sizeof(int));
	request_nest_end(&request, peer);
	request_nest_end(&request, data);
	request_nest_end(&request, link);
	return request_ask(&request);
}

/* Address and up, in the namespace of that end. */
static int veth_pair_bring_up(struct veth_pair *pair, unsigned int end)
{
	struct veth_end *one = &pair->ends[end];
	struct request request;
	struct ifaddrmsg *address;
	struct ifinfomsg *info;
	int error = veth_pair_enter(pair, end);

	if (error)
		return error;
	one->index = (int)if_nametoindex(names[end]);
	if (one->index == 0)
		return -errno;
	address = request_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = PREFIX_BITS;
	address->ifa_index = (unsigned int)one->index;
	request_put(&request, IFA_LOCAL, &one->ip, sizeof(one->ip));
	request_put(&request, IFA_ADDRESS, &one->ip, sizeof(one->ip));
	error = request_ask(&request);
	if (error)
		return error;
	info = request_begin(&request, RTM_NEWLINK, 0, sizeof(*info));
	info->ifi_index = one->index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	return request_ask(&request);
}

static int veth_pair_namespace(int flags, int *fd)
{
	if (unshare(flags) < 0)
		return -errno;
	*fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

static int veth_pair_namespaces(struct veth_pair *pair)
{
	int error = veth_pair_namespace(CLONE_NEWNET, &pair->ends[0].namespace);

	if (error == -EPERM)
		error = veth_pair_namespace(CLONE_NEWUSER | CLONE_NEWNET, &pair->ends[0].namespace);
	return error ? error : veth_pair_namespace(CLONE_NEWNET, &pair->ends[1].namespace);
}

int veth_pair_open(struct veth_pair *pair)
{
	int error;

	for (unsigned int end = 0; end < 2; end++) {
		/* Locally administered, so no maker's. */
		const unsigned char address[ETH_ALEN] = {2, 0, 0, 0, 0, (unsigned char)(end + 1)};

		pair->ends[end].namespace = -1;
		memcpy(pair->ends[end].address, address, ETH_ALEN);
		inet_pton(AF_INET, ips[end], &pair->ends[end].ip);
	}
	error = veth_pair_namespaces(pair);
	if (error) {
		mechanism_refused("network namespaces of its own (user.max_net_namespaces, root?)");
		goto fail;
	}
	error = veth_pair_enter(pair, 0);
	if (!error)
		error = veth_pair_link(pair);
	for (unsigned int end = 0; !error && end < 2; end++)
		error = veth_pair_bring_up(pair, end);
	if (!error)
		return 0;
	mechanism_refused("a pair of veth devices (CONFIG_VETH?)");
fail:
	veth_pair_close(pair);
	return error;
}

void veth_pair_close(struct veth_pair *pair)
{
	for (unsigned int end = 0; end < 2; end++)
		if (pair->ends[end].namespace >= 0)
			close(pair->ends[end].namespace);
}

int veth_pair_enter(const struct veth_pair *pair, unsigned int end)
{
	return setns(pair->ends[end].namespace, CLONE_NEWNET) < 0 ? -errno : 0;
}
