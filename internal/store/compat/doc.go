// Package compat brings the tables named as in the reference product to the form that is needed, where somebody else may have
// made them, with other columns. It never drops or retypes anything; what columns there are is internal/store's to find out.
package compat
