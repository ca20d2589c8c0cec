/*
 * assayd, the supervisor: reads options and policies once, makes the listening socket, hands both
 * to its children as sealed memory, and then only watches them (supervisor.c). It parses nothing
 * that a client sent.
 *
 * Everything that can be refused is refused before anything is started, with one line that says
 * what is wrong. The order matters in one place: the socket comes last, because a daemon that
 * cannot run should not have taken it from anyone.
 *
 * The other programs lie beside this one (a build folder), or in ../libexec/assay (installed); the
 * same holds for runtimes and, with ../share/assay, for policies.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "cache_folder.h"
#include "config/options.h"
#include "config/compiler.h"
#include "config/policy_load.h"
#include "config/token_file.h"
#include "config/variant.h"
#include "core/handover.h"
#include "core/settings.h"
#include "doctor/doctor.h"
#include "listening_socket.h"
#include "notify.h"
#include "supervisor.h"
#include "tcp_socket.h"

#define EXIT_USAGE 2

/* Where our own files are. */
struct places {
	char broker[POLICY_PATH_MAX];
	char keeper[POLICY_PATH_MAX];
	char runtimes[POLICY_PATH_MAX];
	char policies[POLICY_PATH_MAX];
};

static int refuse(const struct config_error *error, int status)
{
	log_error("%s", error->text);
	return status;
}

/* The first of `folder`/`name` and `folder`/../`installed`/`name` that exists. */
static int find_place(const char *folder, const char *installed, const char *name,
		      char place[POLICY_PATH_MAX], struct config_error *error)
{
	char first[POLICY_PATH_MAX];
	char second[POLICY_PATH_MAX];
	int first_len = snprintf(first, sizeof(first), "%s/%s", folder, name);
	int second_len = snprintf(second, sizeof(second), "%s/../%s/%s", folder, installed, name);

	if (first_len >= POLICY_PATH_MAX || second_len >= POLICY_PATH_MAX)
		return config_error_set(error, "%s: the folder's name is too long", folder);
	if (access(first, F_OK) == 0)
		memcpy(place, first, sizeof(first));
	else if (access(second, F_OK) == 0)
		memcpy(place, second, sizeof(second));
	else
		return config_error_set(error, "cannot find %s: neither %s nor %s exists", name,
					first, second);
	return 0;
}

static int find_places(struct places *places, struct config_error *error)
{
	char folder[POLICY_PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char *slash;
	int err;

	if (len < 0)
		return config_error_set(error, "/proc/self/exe: %s", strerror(errno));
	folder[len] = '\0';
	slash = strrchr(folder, '/');
	if (slash == NULL || len == sizeof(folder) - 1)
		return config_error_set(error, "%s: the folder's name is too long", folder);
	*slash = '\0';
	err = find_place(folder, "libexec/assay", "assay-broker", places->broker, error);
	if (err == 0)
		err = find_place(folder, "libexec/assay", "assay-keeper", places->keeper, error);
	if (err == 0)
		err = find_place(folder, "libexec/assay", "runtimes", places->runtimes, error);
	/* May be missing when --policies says where they are. */
	if (err == 0 && find_place(folder, "share/assay", "policies", places->policies, error) < 0)
		snprintf(places->policies, sizeof(places->policies), "/usr/share/assay/policies");
	return err;
}

/* Descriptors that the options name must be open, and stay ours. */
static int check_descriptor(const char *name, int fd, struct config_error *error)
{
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETFD) < 0)
		return config_error_set(error, "--%s: descriptor %d is not open", name, fd);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return config_error_set(error, "--%s: %s", name, strerror(errno));
	return 0;
}

/* Started without one of 0, 1, 2, we would take it for a socket, and the log would go there. */
static int open_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -errno;
	return 0;
}

static unsigned int count_processors(void)
{
	cpu_set_t set;

	/* Those that we may use, which in a container are fewer than those that exist. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned int)CPU_COUNT(&set);
	return (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
}

static void fill_settings(const struct options *options, const struct places *places,
			  struct settings *settings)
{
	*settings = (struct settings){
		.magic = SETTINGS_MAGIC,
		.log_level = (uint32_t)options->log_level,
		.n_slots = (uint32_t)options->n_slots,
		.clients_max = (uint32_t)options->clients_max,
		.queue_max = (uint32_t)options->queue_max,
		.user_clients_max = (uint32_t)options->user_clients_max,
		.user_queue_max = (uint32_t)options->user_queue_max,
		.candidates_max = (uint32_t)options->candidates_max,
		.broker_uid = geteuid() == 0 ? (uint32_t)options->uid_base : 0,
		.frame_max_bytes = options->frame_max_bytes,
		.inbound_budget_bytes = options->inbound_budget_bytes,
		.outbound_high_bytes = options->outbound_high_bytes,
		.kill_patience_ms = options->kill_patience_ms,
		.start_patience_ms = options->start_patience_ms,
		.cell_idle_ms = options->cell_idle_ms,
		.slot_cell_bytes = options->slot_cell_bytes,
		.keeper_patience_ms = options->keeper_patience_ms,
		.greeting_patience_ms = options->greeting_patience_ms,
		.cache_bytes = options->cache_bytes,
		.blob_bytes = options->blob_bytes,
		.cache_file_bytes = options->cache_path[0] != '\0' ? options->cache_file_bytes : 0,
		.runtime_stamp =
			cache_folder_stamp(places->runtimes, places->broker, places->keeper),
		.shares_verdicts = options->shares_verdicts,
		.serves_tcp = options->listen_address[0] != '\0',
		.supervisor_pid = (uint32_t)getpid(),
	};
}

/*
 * A policy that leaves a layer out is a test's, and must not weaken a daemon by having got into its
 * folder: whoever starts it names each such layer, too. "any" names none; it is about what the
 * machine lacks.
 */
static int check_left_out(const struct options *options, const struct policy_table *table,
			  struct config_error *error)
{
	const uint32_t named =
		options->weaker_layers == POLICY_LAYERS_ALL ? 0 : options->weaker_layers;

	for (uint32_t i = 0; i < table->n_policies; i++) {
		const struct policy *policy = &table->policies[i];

		for (int layer = 0; layer < LAYER_COUNT; layer++)
			if ((policy->left_out_layers & ~named & 1u << layer) != 0)
				return config_error_set(
					error,
					"policy %s leaves out the layer %s; so it is served only "
					"with --allow-weaker %s",
					policy->name, policy_layer_name((enum policy_layer)layer),
					policy_layer_name((enum policy_layer)layer));
	}
	return 0;
}

/* What the administrator does without is not required, but still used where it can be had. */
static void allow_weaker(const struct options *options, struct policy_table *table)
{
	for (uint32_t i = 0; i < table->n_policies; i++)
		table->policies[i].required_layers &= ~options->weaker_layers;
}

static int load_table(const struct options *options, const struct places *places,
		      struct policy_table *table, struct config_error *error)
{
	int err;

	table->magic = POLICY_TABLE_MAGIC;
	table->n_slots = (uint32_t)options->n_slots * POLICY_CELLS_PER_EVALUATION;
	table->uid_base = (uint32_t)options->uid_base;
	table->supervisor_pid = (uint32_t)getpid();
	memcpy(table->runtime_path, places->runtimes, sizeof(table->runtime_path));
	err = policy_load(options->policies_path,
			  (const char(*)[POLICY_NAME_MAX])options->policy_names.names,
			  options->policy_names.n_names, table, error);
	if (err == 0)
		err = check_left_out(options, table, error);
	if (err == 0)
		allow_weaker(options, table);
	return err;
}

static void print_config(const struct options *options, const struct policy_table *table)
{
	options_print(options, stdout);
	for (uint32_t i = 0; i < table->n_policies; i++) {
		const struct policy *policy = &table->policies[i];

		printf("policy %s: language %s, runtime %s, %u mounts, %u system call rules, "
		       "requires",
		       policy->name, policy->language, policy->runtime, policy->n_mounts,
		       policy->n_syscalls);
		for (int layer = 0; layer < LAYER_COUNT; layer++)
			if ((policy->required_layers & 1u << layer) != 0)
				printf(" %s", policy_layer_name((enum policy_layer)layer));
		for (int layer = 0; layer < LAYER_COUNT; layer++)
			if ((policy->left_out_layers & 1u << layer) != 0)
				printf(", leaves out %s",
				       policy_layer_name((enum policy_layer)layer));
		printf("\n");
	}
}

static int open_listening(const struct options *options, struct listening_socket *listening,
			  struct config_error *error)
{
	int fd = notify_listener();

	if (fd < -1)
		return config_error_set(error, "the service manager must pass exactly one "
					       "listening Unix stream socket");
	if (fd >= 0) {
		listening_socket_adopt(fd, listening);
		return 0;
	}
	return listening_socket_open(options->socket_path, (mode_t)options->socket_mode,
				     options->socket_group, listening, error);
}

/* Who may connect by TCP, and the socket for it; nothing if it is not asked for. */
static int open_tcp(const struct options *options, int *tokens_fd, int *tcp_fd,
		    struct config_error *error)
{
	struct token_table *table;
	int err;

	if (options->listen_address[0] == '\0' && options->token_path[0] == '\0')
		return 0;
	if (options->listen_address[0] == '\0' || options->token_path[0] == '\0')
		return config_error_set(error, "--listen and --token-file go together: nobody is "
					       "let in by TCP without a token");
	table = xcalloc(1, sizeof(*table));
	err = token_file_read(options->token_path, table, error);
	if (err == 0) {
		*tokens_fd = fd_sealed_copy("assay-tokens", table, sizeof(*table));
		if (*tokens_fd < 0)
			err = config_error_set(error, "no memory file: %s", strerror(-*tokens_fd));
	}
	explicit_bzero(table, sizeof(*table));
	free(table);
	return err < 0 ? err : tcp_socket_open(options->listen_address, tcp_fd, error);
}

static int run(const struct options *options, const struct places *places,
	       const struct policy_table *table)
{
	struct listening_socket listening;
	struct config_error error = {""};
	struct settings settings;
	_cleanup_fd_ int settings_fd = -1;
	_cleanup_fd_ int policies_fd = -1;
	_cleanup_fd_ int cache_fd = -1;
	_cleanup_fd_ int tokens_fd = -1;
	_cleanup_fd_ int tcp_fd = -1;
	int status;

	fill_settings(options, places, &settings);
	settings_fd = fd_sealed_copy("assay-settings", &settings, sizeof(settings));
	policies_fd = fd_sealed_copy("assay-policies", table, sizeof(*table));
	if (settings_fd < 0 || policies_fd < 0) {
		log_error("no memory file: %s",
			  strerror(-(settings_fd < 0 ? settings_fd : policies_fd)));
		return EXIT_FAILURE;
	}
	if (options->cache_path[0] != '\0') {
		cache_fd = cache_folder_open(
			options->cache_path,
			geteuid() == 0 ? (uid_t)settings.broker_uid : geteuid(), &error);
		if (cache_fd < 0)
			return refuse(&error, EXIT_FAILURE);
	}
	if (open_tcp(options, &tokens_fd, &tcp_fd, &error) < 0)
		return refuse(&error, EXIT_FAILURE);
	if (open_listening(options, &listening, &error) < 0)
		return refuse(&error, EXIT_FAILURE);
	status = supervisor_run(&(struct supervisor_plan){
		.broker_path = places->broker,
		.keeper_path = places->keeper,
		.settings_fd = settings_fd,
		.policies_fd = policies_fd,
		.cache_fd = cache_fd,
		.tcp_fd = tcp_fd,
		.tokens_fd = tokens_fd,
		.lifeline_fd = options->lifeline_fd,
		.ready_fd = options->ready_fd,
		.listening = &listening,
	});
	listening_socket_close(&listening, options->lifeline_fd >= 0);
	return status;
}

/* Answers a question about the machine or the policies; nothing is started to stay. */
static int tell(const struct options *options, const struct places *places,
		struct policy_table *table)
{
	const struct doctor_places known = {
		.keeper_path = places->keeper,
		.policies_path = options->policies_path,
	};

	if (options->is_doctor)
		return doctor_examine(&known, table);
	if (options->is_list_policies)
		return doctor_list_policies(&known, table);
	if (options->checked_file[0] != '\0')
		return doctor_check_file(&known, table, options->checked_file);
	return doctor_explain(&known, table, options->explained_policy);
}

int main(int argc, char **argv)
{
	struct places places = {0};
	struct options_machine machine = {
		.n_processors = count_processors(),
		.is_root = geteuid() == 0,
		.runtime_folder = getenv("XDG_RUNTIME_DIR"),
		.policies_path = places.policies,
	};
	struct policy_table *table;
	struct config_error error = {""};
	struct options options;
	int status;

	log_open("assayd", LOG_LEVEL_INFO);
	if (open_standard_descriptors() < 0)
		return EXIT_FAILURE;
	if (find_places(&places, &error) < 0)
		return refuse(&error, EXIT_FAILURE);
	if (options_parse(argc, argv, &machine, &options, &error) < 0)
		return refuse(&error, EXIT_USAGE);
	log_open("assayd", (enum log_level)options.log_level);
	if (check_descriptor("lifeline-fd", options.lifeline_fd, &error) < 0 ||
	    check_descriptor("ready-fd", options.ready_fd, &error) < 0)
		return refuse(&error, EXIT_USAGE);
	table = xcalloc(1, sizeof(*table));
	if (load_table(&options, &places, table, &error) < 0) {
		status = refuse(&error, EXIT_FAILURE);
	} else if (options_ask_only(&options)) {
		status = tell(&options, &places, table);
	} else if (options.is_print_config) {
		print_config(&options, table);
		status = EXIT_SUCCESS;
	} else if (compilers_require(table, options.policy_names.n_names > 0, &error) < 0) {
		status = refuse(&error, EXIT_FAILURE);
	} else {
		variants_arrange(table);
		status = run(&options, &places, table);
	}
	free(table);
	return status;
}
