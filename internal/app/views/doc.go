// Package views gathers from the database what the pages of internal/web show. It refuses to render and to decide; internal/app
// calls it for WHMCS's requests.
package views
