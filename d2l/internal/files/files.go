// Package files reads and writes the files of a user: a file is written whole or not at all, only regular files are
// opened, and what is fetched once has its folder in the user's cache.
package files
