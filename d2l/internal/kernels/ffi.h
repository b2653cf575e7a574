// What is used here of XLA's interface for functions of one's own (xla/ffi/api/c_api.h), in the layout that its versions
// 0.1 to 0.3 share, and of PJRT's extension that registers them (pjrt_c_api_ffi_extension.h).
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct ffi_extension {
	size_t size;
	int type;
	struct ffi_extension *next;
} ffi_extension;

enum { FFI_EXTENSION_METADATA = 1 };

typedef struct {
	size_t size;
	void *extensions;
	int major, minor;
} ffi_version;

typedef struct {
	size_t size;
	void *extensions;
	ffi_version version;
	const void *internal;
	void *functions[];
} ffi_api;

// Places in ffi_api.functions.
enum {
	FFI_ERROR_CREATE = 0,
	FFI_ERROR_DESTROY = 2,
	FFI_THREAD_POOL_SCHEDULE = 11,
};

typedef struct {
	size_t size;
	void *extensions;
	int type;
	void *data;
	int64_t rank;
	int64_t *dims;
} ffi_buffer;

// Arguments or results.
typedef struct {
	size_t size;
	void *extensions;
	int64_t count;
	int *types;
	ffi_buffer **buffers;
} ffi_values;

typedef struct {
	size_t size;
	void *extensions;
	const ffi_api *api;
	void *context;
	int stage;
	ffi_values args, results;
	// Attributes follow.
} ffi_call;

// The extension of a call that asks for the version that a function was written for.
typedef struct {
	ffi_extension base;
	struct {
		size_t size;
		ffi_version version;
		uint32_t traits;
	} *metadata;
} ffi_metadata;

typedef struct {
	size_t size;
	void *extensions;
	const char *message;
	int code;
} ffi_error_create;

enum { FFI_INTERNAL = 13 };

typedef struct {
	size_t size;
	void *extensions;
	void *error;
} ffi_error_destroy;

typedef struct {
	size_t size;
	void *extensions;
	void *context;
	void (*task)(void *);
	void *data;
} ffi_schedule;

enum { PJRT_EXTENSION_FFI = 5 };

typedef struct {
	ffi_extension base;
	void *type_register, *user_data_add;
	void *(*register_handler)(void *args); // Returns a PJRT_Error, or NULL.
} pjrt_ffi;

typedef struct {
	size_t size;
	const char *name;
	size_t name_size;
	void *handler;
	const char *platform;
	size_t platform_size;
	int traits;
} pjrt_register_handler;
