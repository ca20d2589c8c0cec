/*
 * The floor: what judging costs when nothing protects anybody. Forks a warm interpreter with the
 * zygote's imports, compiles and runs prompt + solution and the test in the child, calls
 * check(entry point), and takes the exit status for the verdict. No isolation, no limits, no
 * output captured, no outcome per assertion.
 *
 *     floor TASKS WORKERS MODULE...
 *
 * TASKS: for each task three texts (program, test, entry point), each led by its length (4 bytes,
 * host order). Prints one line a task, "INDEX NANOSECONDS STATUS", then "total NANOSECONDS".
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TASKS_MAX 65536
#define NS_PER_SECOND 1000000000u

struct text {
	uint32_t len;
	const char *bytes;
};

struct task {
	struct text program;
	struct text test;
	struct text entry_point;
};

struct answer {
	uint64_t ns;
	int status;
};

/* Shared by the workers. */
struct board {
	unsigned int next;
	struct answer answers[TASKS_MAX];
};

static struct task tasks[TASKS_MAX];
static unsigned int n_tasks;

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

static const char *take_text(const char *at, struct text *text)
{
	memcpy(&text->len, at, sizeof(text->len));
	text->bytes = at + sizeof(text->len);
	return text->bytes + text->len;
}

static void read_tasks(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	const char *at, *end;

	if (fd < 0 || fstat(fd, &status) < 0)
		die(path);
	at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		die(path);
	for (end = at + status.st_size; at < end && n_tasks < TASKS_MAX; n_tasks++) {
		at = take_text(at, &tasks[n_tasks].program);
		at = take_text(at, &tasks[n_tasks].test);
		at = take_text(at, &tasks[n_tasks].entry_point);
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

static PyObject *execute(const struct text *source, const char *name, PyObject *namespace)
{
	char *text = strndup(source->bytes, source->len);
	PyObject *code = Py_CompileString(text, name, Py_file_input);
	PyObject *result = NULL;

	if (code != NULL)
		result = PyEval_EvalCode(code, namespace, namespace);
	free(text);
	return result;
}

static int judge(const struct task *task)
{
	PyObject *namespace = PyDict_New();
	PyObject *name, *result;

	PyDict_SetItemString(namespace, "__builtins__", PyEval_GetBuiltins());
	if (execute(&task->program, "candidate.py", namespace) == NULL ||
	    execute(&task->test, "tests.py", namespace) == NULL)
		return 1;
	name = PyUnicode_FromStringAndSize(task->entry_point.bytes, task->entry_point.len);
	result = PyObject_CallFunctionObjArgs(PyDict_GetItemString(namespace, "check"),
					      PyDict_GetItem(namespace, name), NULL);
	return result == NULL;
}

static int run_task(const struct task *task)
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		PyOS_AfterFork_Child();
		_exit(judge(task));
	}
	waitpid(pid, &status, 0);
	return status;
}

static void work(struct board *board)
{
	for (;;) {
		unsigned int index = __atomic_fetch_add(&board->next, 1, __ATOMIC_RELAXED);
		uint64_t start = now_ns();

		if (index >= n_tasks)
			_exit(0);
		board->answers[index].status = run_task(&tasks[index]);
		board->answers[index].ns = now_ns() - start;
	}
}

int main(int argc, char **argv)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int n_workers, null;
	uint64_t start;

	if (argc < 3 || board == MAP_FAILED) {
		fprintf(stderr, "usage: floor TASKS WORKERS MODULE...\n");
		return 2;
	}
	n_workers = (int)strtol(argv[2], NULL, 10);
	read_tasks(argv[1]);
	start_python(argv + 3);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	start = now_ns();
	for (int i = 0; i < n_workers; i++) {
		if (fork() == 0) {
			dup2(null, STDOUT_FILENO);
			dup2(null, STDERR_FILENO);
			work(board);
		}
	}
	while (wait(NULL) > 0)
		;
	start = now_ns() - start;
	for (unsigned int i = 0; i < n_tasks; i++)
		printf("%u %llu %d\n", i, (unsigned long long)board->answers[i].ns,
		       board->answers[i].status);
	printf("total %llu\n", (unsigned long long)start);
	return 0;
}
