/*
 * The floor: what judging costs when nothing protects anybody. Forks a warm interpreter with the
 * zygote's imports, compiles and runs prompt + code and the test in the child, calls
 * check(entry point), and takes the exit status for the verdict. No isolation, no output captured,
 * no outcome per assertion.
 *
 *     floor [-l CPU_MS] [-m MEMORY_MIB] TASKS WORKERS MODULE...
 *
 * With -l a candidate is ended when it has used so much CPU time, or five times as much has passed;
 * with -m its address space is so large at most. Neither is there to protect: a batch that loops
 * for ever would not end.
 *
 * Prints "task INDEX NANOSECONDS STATUS" for each candidate, "cpu NANOSECONDS" of all together and
 * "total NANOSECONDS".
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/task_file.h"

#define CODES_MAX 65536
#define NS_PER_SECOND 1000000000u
#define NS_PER_US 1000u
#define WALL_FACTOR 5 /* times the limit of CPU time: for those who wait */

/* What one worker takes at a time. */
struct work {
	const struct task *task;
	const struct text *code;
};

struct answer {
	uint64_t ns;
	int status;
};

/* Shared by the workers. */
struct board {
	unsigned int next;
	struct answer answers[CODES_MAX];
};

static struct work works[CODES_MAX];
static unsigned int n_works;
static long cpu_ms;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static void read_tasks(const char *path)
{
	struct task_file file = task_file_read(path);

	for (size_t i = 0; i < file.n_tasks; i++) {
		for (uint32_t j = 0; j < file.tasks[i].n_codes && n_works < CODES_MAX; j++)
			works[n_works++] = (struct work){&file.tasks[i], &file.tasks[i].codes[j]};
	}
}

static void start_python(char **modules)
{
	PyConfig config;

	PyConfig_InitIsolatedConfig(&config);
	config.site_import = 0;
	config.write_bytecode = 0;
	PyConfig_SetString(&config, &config.program_name, L"/usr/bin/python3");
	if (PyStatus_Exception(Py_InitializeFromConfig(&config)))
		die("python");
	PyConfig_Clear(&config);
	for (; *modules != NULL; modules++) {
		if (PyImport_ImportModule(*modules) == NULL)
			PyErr_Clear();
	}
	PyRun_SimpleString("import gc\ngc.collect()\ngc.freeze()\n");
}

static PyObject *execute(const struct text *first, const struct text *second, const char *name,
			 PyObject *namespace)
{
	char *text = malloc(first->len + second->len + 1);
	PyObject *code, *result = NULL;

	if (text == NULL)
		return NULL;
	memcpy(text, first->bytes, first->len);
	memcpy(text + first->len, second->bytes, second->len);
	text[first->len + second->len] = '\0';
	code = Py_CompileString(text, name, Py_file_input);
	if (code != NULL)
		result = PyEval_EvalCode(code, namespace, namespace);
	free(text);
	return result;
}

static int judge(const struct task *task, const struct text *code)
{
	const struct text nothing = {.bytes = ""};
	PyObject *namespace = PyDict_New();
	PyObject *name, *check, *candidate;

	PyDict_SetItemString(namespace, "__builtins__", PyEval_GetBuiltins());
	if (execute(&task->prompt, code, "candidate.py", namespace) == NULL ||
	    execute(&task->test, &nothing, "tests.py", namespace) == NULL)
		return 1;
	name = PyUnicode_FromStringAndSize(task->entry_point.bytes, task->entry_point.len);
	check = PyDict_GetItemString(namespace, "check");
	candidate = PyDict_GetItem(namespace, name);
	if (check == NULL || candidate == NULL)
		return 1;
	return PyObject_CallFunctionObjArgs(check, candidate, NULL) == NULL;
}

static void limit_time(void)
{
	const struct itimerval cpu = {
		.it_value = {cpu_ms / 1000, cpu_ms % 1000 * 1000},
	};
	const struct itimerval wall = {
		.it_value = {cpu_ms * WALL_FACTOR / 1000, cpu_ms * WALL_FACTOR % 1000 * 1000},
	};

	if (cpu_ms > 0) {
		setitimer(ITIMER_PROF, &cpu, NULL);
		setitimer(ITIMER_REAL, &wall, NULL);
	}
}

static int run(const struct work *work)
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		limit_time();
		PyOS_AfterFork_Child();
		_exit(judge(work->task, work->code));
	}
	waitpid(pid, &status, 0);
	return status;
}

static void take_turns(struct board *board)
{
	for (;;) {
		unsigned int index = __atomic_fetch_add(&board->next, 1, __ATOMIC_RELAXED);
		uint64_t start = now_ns();

		if (index >= n_works)
			_exit(0);
		board->answers[index].status = run(&works[index]);
		board->answers[index].ns = now_ns() - start;
	}
}

static uint64_t cpu_ns_of_workers(void)
{
	struct rusage used;

	getrusage(RUSAGE_CHILDREN, &used);
	return ((uint64_t)used.ru_utime.tv_sec + (uint64_t)used.ru_stime.tv_sec) * NS_PER_SECOND +
	       ((uint64_t)used.ru_utime.tv_usec + (uint64_t)used.ru_stime.tv_usec) * NS_PER_US;
}

static void read_options(int argc, char **argv)
{
	struct rlimit limit;
	int option;

	while ((option = getopt(argc, argv, "+l:m:")) != -1) {
		switch (option) {
		case 'l':
			cpu_ms = strtol(optarg, NULL, 10);
			break;
		case 'm':
			limit.rlim_cur = limit.rlim_max = strtoul(optarg, NULL, 10) << 20;
			setrlimit(RLIMIT_AS, &limit);
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind < 2) {
		fprintf(stderr,
			"usage: floor [-l CPU_MS] [-m MEMORY_MIB] TASKS WORKERS MODULE...\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int n_workers, null;
	uint64_t start;

	if (board == MAP_FAILED)
		die("mmap");
	read_options(argc, argv);
	n_workers = (int)strtol(argv[optind + 1], NULL, 10);
	read_tasks(argv[optind]);
	start_python(argv + optind + 2);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	start = now_ns();
	for (int i = 0; i < n_workers; i++) {
		if (fork() == 0) {
			dup2(null, STDIN_FILENO);
			dup2(null, STDOUT_FILENO);
			dup2(null, STDERR_FILENO);
			take_turns(board);
		}
	}
	while (wait(NULL) > 0)
		;
	start = now_ns() - start;
	for (unsigned int i = 0; i < n_works; i++)
		printf("task %u %llu %d\n", i, (unsigned long long)board->answers[i].ns,
		       board->answers[i].status);
	printf("cpu %llu\n", (unsigned long long)cpu_ns_of_workers());
	printf("total %llu\n", (unsigned long long)start);
	return 0;
}
