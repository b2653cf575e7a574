// What is called here of PJRT's C interface, in the layout that all its versions 0.x share. go-xla's header has the
// whole, in a module whose folder cgo cannot name; TestLayout compares the two.
#include <stddef.h>

typedef struct {
	size_t size;
	void *extensions;
	size_t version_size;
	void *version_extensions;
	int major, minor;
	void *functions[];
} pjrt_api;

// Places in pjrt_api.functions.
enum {
	PJRT_ERROR_DESTROY = 0,
	PJRT_ERROR_MESSAGE = 1,
	PJRT_CLIENT_ADDRESSABLE_DEVICES = 16,
	PJRT_CLIENT_COMPILE = 20,
	PJRT_DEVICE_DESCRIPTION_KIND = 26,
	PJRT_DEVICE_GET_DESCRIPTION = 29,
	PJRT_EXECUTABLE_DESTROY = 40,
	PJRT_EXECUTABLE_SERIALIZE = 49,
	PJRT_LOADED_EXECUTABLE_GET_EXECUTABLE = 51,
	PJRT_EXECUTABLE_DESERIALIZE_AND_LOAD = 56,
};

typedef struct {
	size_t size;
	void *extensions;
	void *object;
} pjrt_destroy;

typedef struct {
	size_t size;
	void *extensions;
	const void *failure;
	const char *text; // result
	size_t text_size; // result
} pjrt_error_message;

typedef struct {
	size_t size;
	void *extensions;
	char *code;
	size_t code_size;
	const char *format;
	size_t format_size;
} pjrt_program;

typedef struct {
	size_t size;
	void *extensions;
	void *client;
	const pjrt_program *program;
	const char *options;
	size_t options_size;
	void *executable; // result
} pjrt_compile;

typedef struct {
	size_t size;
	void *extensions;
	void *client;
	void *const *devices; // result
	size_t number;        // result
} pjrt_devices;

typedef struct {
	size_t size;
	void *extensions;
	void *device;
	void *description; // result
} pjrt_get_description;

typedef struct {
	size_t size;
	void *extensions;
	void *description;
	const char *kind; // result
	size_t kind_size; // result
} pjrt_kind;

typedef struct {
	size_t size;
	void *extensions;
	void *client;
	const char *bytes;
	size_t bytes_size;
	void *executable; // result
	const char *options;
	size_t options_size;
} pjrt_load;

typedef struct {
	size_t size;
	void *extensions;
	void *loaded;
	void *executable; // result
} pjrt_get_executable;

typedef struct {
	size_t size;
	void *extensions;
	const void *executable;
	const char *bytes; // result
	size_t bytes_size; // result
	void *owner;       // result
	void (*destroy_owner)(void *); // result
} pjrt_serialize;
