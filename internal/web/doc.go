// Package web renders the HTML that the shim prints inside WHMCS's pages. It owns the templates, the style sheet and the
// texts; it refuses to know where its data comes from and escapes every value. Each page is one typed struct.
package web
