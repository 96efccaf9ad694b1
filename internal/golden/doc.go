// Package golden compares what a test made with a file under testdata. It owns the -update flag, which writes the file
// instead (make golden). It knows nothing of what is compared. Only tests import it.
package golden
