// Package client is the product page of WHMCS's client area: the overview of a service's machine and the way to our own pages there.
// It is the second lock: nobody but the owner of a service gets past it, whatever WHMCS has let through. What stands on those pages
// belongs to their packages.
package client
