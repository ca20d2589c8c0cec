/*
 * From a policy to the bytes with which pid 1 of a cell locks itself: the compiled filter and the
 * rules of Landlock. By assay-keeper at its start, once a policy.
 *
 * The rules follow from the policy's mounts, so that there is one list of what a candidate may
 * touch: what is bound is read, what is tmpfs is written. Beside them only folders may be listed,
 * all of them: what is mounted is no secret, and the root and /dev are no mounts of the policy.
 */
#include "keeper/lock_material.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/landlock.h"
#include "inside/lock.h"
#include "keeper/filter.h"

#define BIT(layer) (1u << (layer))

_Static_assert(LOCK_RULES_MAX > POLICY_MOUNTS_MAX, "a rule for each mount, and one for the root");
_Static_assert(LOCK_PATH_MAX == POLICY_PATH_MAX, "a rule names the target of a mount");

struct material {
	struct lock_header header;
	struct lock_rule rules[LOCK_RULES_MAX];
	struct sock_filter instructions[LOCK_INSTRUCTIONS_MAX];
};

uint32_t lock_material_layers(void)
{
	return (landlock_version() > 0 ? BIT(LAYER_LANDLOCK) : 0) |
	       (filter_can_notify() ? BIT(LAYER_SECCOMP_NOTIFY) : 0);
}

static bool has_notify(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->n_syscalls; i++)
		if (policy->syscalls[i].action == POLICY_SYSCALL_NOTIFY)
			return true;
	return false;
}

static void add_rule(struct material *material, enum lock_access access, const char *path)
{
	struct lock_rule *rule = &material->rules[material->header.n_rules++];

	rule->access = access;
	snprintf(rule->path, sizeof(rule->path), "%s", path);
}

static void add_rules(struct material *material, const struct policy *policy)
{
	static const enum lock_access accesses[] = {
		[POLICY_MOUNT_BIND] = LOCK_ACCESS_READ,
		[POLICY_MOUNT_DEVICE] = LOCK_ACCESS_DEVICE,
		[POLICY_MOUNT_TMPFS] = LOCK_ACCESS_WORK,
		[POLICY_MOUNT_PROC] = LOCK_ACCESS_PROC,
	};

	add_rule(material, LOCK_ACCESS_LIST, "/");
	for (uint32_t i = 0; i < policy->n_mounts; i++)
		if (policy->mounts[i].kind != POLICY_MOUNT_SYMLINK)
			add_rule(material, accesses[policy->mounts[i].kind],
				 policy->mounts[i].target);
}

static int read_filter(int filter, struct material *material)
{
	struct stat status;
	ssize_t n;

	if (fstat(filter, &status) < 0)
		return -errno;
	if ((size_t)status.st_size > sizeof(material->instructions))
		return -E2BIG;
	n = pread(filter, material->instructions, (size_t)status.st_size, 0);
	if (n != status.st_size)
		return n < 0 ? -errno : -EIO;
	material->header.n_instructions = (uint32_t)((size_t)n / sizeof(material->instructions[0]));
	return 0;
}

static int append(int fd, const void *bytes, size_t len)
{
	ssize_t n = write(fd, bytes, len);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int write_sealed(const struct material *material)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	_cleanup_fd_ int fd = memfd_create("assay-lock", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	err = append(fd, &material->header, sizeof(material->header));
	if (err == 0)
		err = append(fd, material->rules,
			     material->header.n_rules * sizeof(material->rules[0]));
	if (err == 0)
		err = append(fd, material->instructions,
			     material->header.n_instructions * sizeof(material->instructions[0]));
	if (err == 0 && (lseek(fd, 0, SEEK_SET) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0))
		err = -errno;
	return err < 0 ? err : fd_take(&fd);
}

int lock_material_build(const struct policy *policy, uint32_t layers)
{
	static struct material material; /* too large for a stack; used once a policy */
	const uint32_t used = layers & ~policy->left_out_layers;
	const bool filters = (policy->left_out_layers & BIT(LAYER_SECCOMP)) == 0;
	const bool notifies =
		filters && (used & BIT(LAYER_SECCOMP_NOTIFY)) != 0 && has_notify(policy);
	_cleanup_fd_ int filter = filter_compile(policy, notifies);
	int err;

	if (filter < 0)
		return filter;
	memset(&material, 0, sizeof(material));
	material.header.magic = LOCK_MAGIC;
	material.header.flags = (notifies ? LOCK_LISTENS : 0) |
				((used & BIT(LAYER_LANDLOCK)) != 0 ? LOCK_LANDLOCK : 0) |
				(filters ? 0 : LOCK_NO_FILTER);
	add_rules(&material, policy);
	err = read_filter(filter, &material);
	return err < 0 ? err : write_sealed(&material);
}
