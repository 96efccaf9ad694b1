// Package machines is the addon's list of all VMs (product-spec §10): which are shown is internal/roster's, whether something
// may be done is internal/desk's. Log and record of one VM are parts of the same page that other packages bring.
package machines
