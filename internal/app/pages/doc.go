// Package pages answers what a browser asks of the addon: WHMCS checks session and role, the shim forwards the request, a
// handler of a package below looks or writes, internal/web renders.
//
// A page and every dialog of it has an address: page=pools, page=pools&part=edit&id=3. Without JavaScript a part is a page
// of its own; with it the same part, asked for with bare=1, stands in a dialog. A form is posted to its part's address and is
// answered with the way to go on, or with the part again and what is wrong with it.
//
// A request from WHMCS's client area becomes a Request too; its pages are those of the package that answers it.
//
// It refuses: a page that is not on the list, and a write that was not posted.
package pages
