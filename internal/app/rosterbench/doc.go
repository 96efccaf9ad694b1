// Package rosterbench measures what a page of the list of machines costs beside one indexed query for the rows of the same
// page, over 100,000 services of 20,000 clients in a real database. internal/app starts the installation.
package rosterbench
