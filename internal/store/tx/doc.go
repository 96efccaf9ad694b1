// Package tx is how internal/store runs transactions and reads the server's error numbers. It knows no table.
package tx
