/* identity.c: makes a child of the recorder the invoking user, without our privileges. */
#define _GNU_SOURCE
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "environment.h"

/* Decimal digits only; (uid_t)-1 means "no change" to the kernel and is refused. */
static bool identity_parse(const char *text, unsigned int *id)
{
	unsigned long value;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value >= 0xffffffffUL)
		return false;
	*id = (unsigned int)value;
	return true;
}

static int identity_drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	/* Kernels without ambient capabilities (before 4.3) answer EINVAL: there are none. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -errno;
	if (syscall(SYS_capset, &header, data))
		return -errno;
	memset(data, 0xff, sizeof(data));
	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int i = 0; i < 2; i++)
		if (data[i].effective || data[i].permitted || data[i].inheritable)
			return -EPERM;
	return 0;
}

static int identity_restore_variable(const char *name, const char *from_root, const char *to)
{
	const char *value = getenv(name);

	if (!value || strcmp(value, from_root))
		return 0;
	return setenv(name, to, 1) ? -errno : 0;
}

static int identity_restore_environment(const struct passwd *user)
{
	static const char *const ours[] = {"SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND"};
	int error = identity_restore_variable("HOME", "/root", user->pw_dir);

	if (!error)
		error = identity_restore_variable("USER", "root", user->pw_name);
	if (!error)
		error = identity_restore_variable("LOGNAME", "root", user->pw_name);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) && !error; i++)
		error = unsetenv(ours[i]) ? -errno : 0;
	return error;
}

static int identity_become(uid_t uid, gid_t gid)
{
	const struct passwd *user = getpwuid(uid);
	int error;

	/* A number without an account has no groups but the given one. */
	if (user ? initgroups(user->pw_name, gid) : setgroups(1, &gid))
		return -errno;
	error = user ? identity_restore_environment(user) : 0;
	if (error)
		return error;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return identity_drop_capabilities();
}

int identity_become_user(void)
{
	unsigned int uid, gid;
	int error = 0;

	if (!geteuid() && identity_parse(getenv("SUDO_UID"), &uid) &&
	    identity_parse(getenv("SUDO_GID"), &gid) && uid)
		return identity_become(uid, gid);
	/* The kernel's word that our execve raised privileges: the file's capabilities. */
	if (geteuid() && getauxval(AT_SECURE)) {
		error = identity_drop_capabilities();
		/* Without its old environment the target still runs. */
		if (!error)
			(void)environment_restore();
	}
	return error;
}
