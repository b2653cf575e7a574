#include "handlers.h"
#include <dlfcn.h>
#include <string.h>

// handle answers XLA when it asks for the version of the interface, or computes.
static void *handle(ffi_call *call, const char *(*compute)(const ffi_call *)) {
	for (ffi_extension *e = call->extensions; e; e = e->next)
		if (e->type == FFI_EXTENSION_METADATA) {
			// Of the versions that ffi.h is for, the one that XLA has.
			const ffi_version *version = &call->api->version;
			bool known = version->major == 0 && version->minor >= 1 && version->minor <= 3;
			((ffi_metadata *)e)->metadata->version.major = version->major;
			((ffi_metadata *)e)->metadata->version.minor = known ? version->minor : 3;
			((ffi_metadata *)e)->metadata->traits = 0;
			return NULL;
		}
	bool known = call->size >= sizeof *call && call->args.size >= sizeof call->args && call->results.size >= sizeof call->results;
	for (int64_t i = 0; known && i < call->args.count; i++) known = call->args.buffers[i]->size >= sizeof(ffi_buffer);
	const char *problem = known ? compute(call) : "d2l: this plugin calls functions in another way than is known here";
	if (!problem) return NULL;
	ffi_error_create error = {sizeof error, NULL, problem, FFI_INTERNAL};
	return ((void *(*)(ffi_error_create *))call->api->functions[FFI_ERROR_CREATE])(&error);
}

#define HANDLE(F) \
	static void *handle_##F(ffi_call *call) { return handle(call, F); }
HANDLE(batch_norm_forward)
HANDLE(batch_norm_gradients)
HANDLE(convolution_forward)
HANDLE(convolution_dweights)
HANDLE(convolution_dx)
HANDLE(dense_forward)
HANDLE(dense_dweights)
HANDLE(dense_dx)
HANDLE(im2col_forward)
HANDLE(im2col_dweights)
HANDLE(im2col_dx)
HANDLE(max_pool_forward)
HANDLE(max_pool_dx)
HANDLE(recurrent_forward)
HANDLE(recurrent_backward)
HANDLE(descend)
HANDLE(guard)

typedef struct {
	size_t size;
	ffi_extension *extensions;
} pjrt_api_start;

bool register_handlers(const char *path) {
	void *plugin = dlopen(path, RTLD_LAZY);
	void *(*get)(void) = plugin ? (void *(*)(void))dlsym(plugin, "GetPjrtApi") : NULL;
	pjrt_api_start *api = get ? get() : NULL;
	if (!api) return false;
	for (ffi_extension *e = api->extensions; e; e = e->next) {
		if (e->type != PJRT_EXTENSION_FFI || e->size < sizeof(pjrt_ffi)) continue;
		struct {
			const char *name;
			void *(*handler)(ffi_call *);
		} all[] = {
			{"d2l_kernel_batch_norm_forward", handle_batch_norm_forward},
			{"d2l_kernel_batch_norm_gradients", handle_batch_norm_gradients},
			{"d2l_kernel_convolution_forward", handle_convolution_forward},
			{"d2l_kernel_convolution_dweights", handle_convolution_dweights},
			{"d2l_kernel_convolution_dx", handle_convolution_dx},
			{"d2l_kernel_dense_forward", handle_dense_forward},
			{"d2l_kernel_dense_dweights", handle_dense_dweights},
			{"d2l_kernel_dense_dx", handle_dense_dx},
			{"d2l_kernel_im2col_forward", handle_im2col_forward},
			{"d2l_kernel_im2col_dweights", handle_im2col_dweights},
			{"d2l_kernel_im2col_dx", handle_im2col_dx},
			{"d2l_kernel_max_pool_forward", handle_max_pool_forward},
			{"d2l_kernel_max_pool_dx", handle_max_pool_dx},
			{"d2l_kernel_recurrent_forward", handle_recurrent_forward},
			{"d2l_kernel_recurrent_backward", handle_recurrent_backward},
			{"d2l_kernel_descend", handle_descend},
			{"d2l_kernel_guard", handle_guard},
		};
		for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
			pjrt_register_handler args = {sizeof args, all[i].name, strlen(all[i].name), (void *)all[i].handler, "Host", 4, 0};
			if (((pjrt_ffi *)e)->register_handler(&args)) return false;
		}
		return true;
	}
	return false;
}
