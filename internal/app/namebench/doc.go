// Package namebench measures what dns.php costs beside a plain PHP script that writes the same list, over 100,000 machines
// with two addresses each. It asks over HTTP as a script would; internal/app starts the installation.
package namebench
