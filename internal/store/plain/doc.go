// Package plain reads and writes values in columns whose type and character set are not ours to know: tables that the
// reference product or an administrator may have made.
package plain
