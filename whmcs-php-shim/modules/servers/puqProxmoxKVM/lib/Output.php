<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What a file of ours prints that the web server runs by itself: one answer, and nothing of what WHMCS prints. */
final class Output
{
    public const JSON = ['Content-Type: application/json', 'Cache-Control: no-store'];

    private static bool $begun = false;

    /** Only the first call counts. More of the body may be printed after it. */
    public static function begin(int $status, array $head, string $body = ''): void
    {
        if (self::$begun) {
            return;
        }
        self::$begun = true;
        while (ob_get_level() > 0) {
            ob_end_clean(); // PHP's own compression too, which would send another number of bytes than announced
        }
        if (!headers_sent()) {
            header_remove();
            // Together: http_response_code() would leave the status line of a PHP that has died.
            array_map(static fn (string $line) => header($line, true, $status), $head);
        }
        echo $body;
    }
}
