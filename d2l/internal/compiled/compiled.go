// Package compiled keeps what a PJRT plugin has compiled, for later processes: each cell of a notebook that trains is
// one. To compile takes a second or more, to load what was compiled some milliseconds.
//
// go-xla has no access to that. It takes a plugin as the table of its functions, though: here it is given one whose
// function that compiles looks into the user's cache first. There programs also get what GoMLX cannot write: see Rewrite.
package compiled

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include "pjrt.h"

void *d2lCompile(pjrt_compile *args, int number);

static void *compile_of_first(pjrt_compile *args) { return d2lCompile(args, 0); }
static void *compile_of_second(pjrt_compile *args) { return d2lCompile(args, 1); }
static void *compile_of(int number) { return number == 0 ? (void *)compile_of_first : (void *)compile_of_second; }

static pjrt_api *table(const char *path) {
	void *plugin = dlopen(path, RTLD_LAZY);
	if (!plugin) return NULL;
	void *(*get)(void) = (void *(*)(void))dlsym(plugin, "GetPjrtApi");
	return get ? get() : NULL;
}

static void *call(void *function, void *args) { return ((void *(*)(void *))function)(args); }

#ifdef __GLIBC__
#include <malloc.h>
static void trim(void) { malloc_trim(0); }
#else
static void trim(void) {}
#endif

static void destroy_owner(pjrt_serialize *serialized) { serialized->destroy_owner(serialized->owner); }
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/go-xla/pjrt"
)

// A Plugin is one whose programs are kept.
type Plugin struct {
	Path string
	// Settings is all that what is compiled depends on, but the plugin's file, its devices, the program and its own options.
	Settings string
	// Options returns what is added to the options of a program, as a part of a CompileOptionsProto, and whether what
	// is compiled may be kept.
	Options func(code []byte) (options []byte, keep bool)
	// Rewrite returns a program as it is to be compiled.
	Rewrite func(code []byte) []byte
}

// A keeper is a plugin with its functions and its cache.
type keeper struct {
	Plugin
	cache     cache // None if it is empty.
	functions []unsafe.Pointer
}

// kept are those that Keep was called for, by the number that d2lCompile gets: the CPU's plugin and the GPU's.
var kept [2]atomic.Pointer[keeper]

// keeping guards the search for a place in kept.
var keeping sync.Mutex

// used is the number of functions up to the last one that is called here.
const used = C.PJRT_EXECUTABLE_DESERIALIZE_AND_LOAD + 1

// A program is kept if the plugin took at least this long to compile it.
const worthKeeping = 50 * time.Millisecond

// Keep has go-xla use a plugin, when it is asked for its path, by way of this package, and reports whether it does: it
// is for the first two plugins of a process, before they have a client, and not for interfaces of PJRT that are not known
// here.
func Keep(plugin Plugin) (bool, error) {
	path := C.CString(plugin.Path)
	defer C.free(unsafe.Pointer(path))
	api := C.table(path)
	if api == nil || api.major != 0 || uintptr(api.size) < unsafe.Sizeof(*api)+used*unsafe.Sizeof(path) {
		return false, nil
	}
	info, err := os.Stat(plugin.Path)
	if err != nil {
		return false, err
	}
	plugin.Settings = fmt.Sprintf("%q %d %d %q", plugin.Path, info.Size(), info.ModTime().UnixNano(), plugin.Settings)
	k := &keeper{Plugin: plugin, functions: functionsOf(api)}
	if k.cache, err = chosen(os.Getenv(Variable)); err != nil {
		return false, err
	}
	keeping.Lock()
	defer keeping.Unlock()
	number := 0
	for ; number < len(kept); number++ {
		before := kept[number].Load()
		if before == nil {
			break
		}
		if before.Path == plugin.Path {
			kept[number].Store(k)
			return true, nil
		}
	}
	if number == len(kept) {
		return false, nil
	}
	changed := (*C.pjrt_api)(C.malloc(api.size)) // go-xla keeps it.
	C.memcpy(unsafe.Pointer(changed), unsafe.Pointer(api), api.size)
	functionsOf(changed)[C.PJRT_CLIENT_COMPILE] = C.compile_of(C.int(number))
	if pjrt.RegisterPreloadedPlugin(plugin.Path, uintptr(unsafe.Pointer(changed))) != nil {
		return false, nil // go-xla will say why it does not start.
	}
	kept[number].Store(k)
	return true, nil
}

func functionsOf(api *C.pjrt_api) []unsafe.Pointer {
	first := unsafe.Add(unsafe.Pointer(api), unsafe.Sizeof(*api))
	return unsafe.Slice((*unsafe.Pointer)(first), used)
}

// call calls a function of the plugin and returns its error: nil, or one that belongs to the caller.
func (k *keeper) call(function int, args unsafe.Pointer) unsafe.Pointer {
	return C.call(k.functions[function], args)
}

// try calls a function of the plugin and returns its error as Go's.
func (k *keeper) try(function int, args unsafe.Pointer) error {
	failure := k.call(function, args)
	if failure == nil {
		return nil
	}
	defer k.destroy(C.PJRT_ERROR_DESTROY, failure)
	message := C.pjrt_error_message{failure: failure}
	message.size = C.size_t(unsafe.Sizeof(message))
	k.call(C.PJRT_ERROR_MESSAGE, unsafe.Pointer(&message))
	return errors.New(C.GoStringN(message.text, C.int(message.text_size)))
}

func (k *keeper) destroy(function int, object unsafe.Pointer) {
	args := C.pjrt_destroy{object: object}
	args.size = C.size_t(unsafe.Sizeof(args))
	k.call(function, unsafe.Pointer(&args))
}

// d2lCompile compiles a program, or loads it if it is kept. It stands for PJRT_Client_Compile of a plugin in kept.
//
//export d2lCompile
func d2lCompile(args *C.pjrt_compile, number C.int) unsafe.Pointer {
	k := kept[number].Load()
	code := unsafe.Slice((*byte)(unsafe.Pointer(args.program.code)), args.program.code_size)
	code = k.Rewrite(code)
	options := C.GoBytes(unsafe.Pointer(args.options), C.int(args.options_size))
	more, keep := k.Options(code)
	options = append(options, more...)
	keep = keep && k.cache != ""

	var pins runtime.Pinner
	defer pins.Unpin()
	given, program := *args, *args.program
	program.code, program.code_size = chars(&pins, code), C.size_t(len(code))
	pins.Pin(&program)
	given.program = &program
	given.options, given.options_size = chars(&pins, options), C.size_t(len(options))

	var key string
	if keep {
		devices, err := k.devices(args.client)
		keep = err == nil
		key = keyOf(code, options, k.Settings+devices)
	}
	if keep {
		if args.executable = k.load(args.client, key); args.executable != nil {
			return nil
		}
	}
	begin := time.Now()
	failure := k.call(C.PJRT_CLIENT_COMPILE, unsafe.Pointer(&given))
	args.executable = given.executable
	took := time.Since(begin)
	if took >= worthKeeping {
		// A hundred megabytes that glibc would keep for this process, as it is told to in cells (scripts/kernel/register.py).
		C.trim()
	}
	if failure == nil && keep && took >= worthKeeping {
		if err := k.store(key, given.executable); err != nil {
			warn(err)
		}
	}
	return failure
}

// devices says of which kinds a client's devices are.
func (k *keeper) devices(client unsafe.Pointer) (kinds string, err error) {
	all := C.pjrt_devices{client: client}
	all.size = C.size_t(unsafe.Sizeof(all))
	if err := k.try(C.PJRT_CLIENT_ADDRESSABLE_DEVICES, unsafe.Pointer(&all)); err != nil {
		return "", err
	}
	for _, device := range unsafe.Slice(all.devices, all.number) {
		of := C.pjrt_get_description{device: device}
		of.size = C.size_t(unsafe.Sizeof(of))
		if err := k.try(C.PJRT_DEVICE_GET_DESCRIPTION, unsafe.Pointer(&of)); err != nil {
			return "", err
		}
		kind := C.pjrt_kind{description: of.description}
		kind.size = C.size_t(unsafe.Sizeof(kind))
		if err := k.try(C.PJRT_DEVICE_DESCRIPTION_KIND, unsafe.Pointer(&kind)); err != nil {
			return "", err
		}
		kinds += fmt.Sprintf(" %q", C.GoStringN(kind.kind, C.int(kind.kind_size)))
	}
	return kinds, nil
}

// chars returns the bytes for C, which may use them as long as they are pinned.
func chars(pins *runtime.Pinner, bytes []byte) *C.char {
	if len(bytes) == 0 {
		return nil
	}
	pins.Pin(&bytes[0])
	return (*C.char)(unsafe.Pointer(&bytes[0]))
}

// load returns the executable that is kept under a key; nil if there is none that the plugin takes.
func (k *keeper) load(client unsafe.Pointer, key string) unsafe.Pointer {
	program := k.cache.load(key)
	if program == nil {
		return nil
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	args := C.pjrt_load{client: client, bytes: chars(&pins, program), bytes_size: C.size_t(len(program))}
	args.size = C.size_t(unsafe.Sizeof(args))
	if err := k.try(C.PJRT_EXECUTABLE_DESERIALIZE_AND_LOAD, unsafe.Pointer(&args)); err != nil {
		report.WarnOnce(fmt.Sprintf("d2l: the PJRT plugin does not load what it has compiled before, which is compiled anew: %v", err))
		return nil
	}
	return args.executable
}

// store keeps a loaded executable under a key. One that is too large, or that the plugin cannot make bytes of, is not
// kept.
func (k *keeper) store(key string, loaded unsafe.Pointer) error {
	get := C.pjrt_get_executable{loaded: loaded}
	get.size = C.size_t(unsafe.Sizeof(get))
	if k.try(C.PJRT_LOADED_EXECUTABLE_GET_EXECUTABLE, unsafe.Pointer(&get)) != nil {
		return nil
	}
	defer k.destroy(C.PJRT_EXECUTABLE_DESTROY, get.executable)
	serialized := C.pjrt_serialize{executable: get.executable}
	serialized.size = C.size_t(unsafe.Sizeof(serialized))
	if k.try(C.PJRT_EXECUTABLE_SERIALIZE, unsafe.Pointer(&serialized)) != nil {
		return nil
	}
	defer C.destroy_owner(&serialized)
	if serialized.bytes_size > largest {
		return nil
	}
	return k.cache.store(key, C.GoBytes(unsafe.Pointer(serialized.bytes), C.int(serialized.bytes_size)))
}
