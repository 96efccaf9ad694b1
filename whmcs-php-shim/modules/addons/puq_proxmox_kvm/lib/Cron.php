<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** cron.php: has the service run tasks and prints what it says of them as it comes. They do not end with PHP. */
final class Cron
{
    private const SILENCE_SECONDS = 25; // the service says something every five

    private static array $args = [];
    private static bool $loaded = false, $begun = false;
    private static string $rest = '';
    private static ?int $exit = null;

    /** Before WHMCS is loaded: some calls end here, and a WHMCS that ends PHP is not passed over in silence. */
    public static function begin(array $arguments): void
    {
        $known = json_decode((string) file_get_contents(__DIR__ . '/cron.json'), true);
        foreach ($arguments as $argument) {
            $known += preg_match('/^--task=(.+)$/D', $argument, $match) ? [$argument => [['task' => $match[1]], '']] : [];
            [$args, $hint] = $known[$argument] ?? self::end(2, new Fault('bad_option', $argument));
            self::$args = $args + self::$args;
            fwrite(STDERR, $hint);
        }
        isset(self::$args['help']) && exit(file_get_contents(__DIR__ . '/cron.txt'));
        register_shutdown_function(static fn () => self::$loaded || self::end(1, new Fault('whmcs_unavailable')));
    }

    public static function run(): void
    {
        Output::begin(200, []); // the lines go past PHP's buffers
        self::$loaded = true;
        $head = static fn (int $status, array $lines): bool => self::$begun = preg_grep('/^x-kvmbridge-tasks:/i', $lines) !== [];
        try {
            $ask = Payload::json(Payload::base(self::$args));
            $from = Client::relay(Settings::load(), '/v1/tasks/run', $ask, self::SILENCE_SECONDS, $head, [CURLOPT_WRITEFUNCTION => [self::class, 'hear']]);
            self::$begun || Client::read(self::$rest, ...$from);
        } catch (\Throwable $error) {
            self::$begun || self::end(1, $error);
        }
        self::$exit === null ? self::end(1, new Fault('cut_run')) : exit(self::$exit);
    }

    /** Prints whole lines at once; curl hands them over in parts. A refusal is kept whole. */
    public static function hear($curl, string $part): int
    {
        $lines = self::$begun ? explode("\n", self::$rest . $part) : [self::$rest . $part];
        self::$rest = array_pop($lines);
        foreach ($lines as $line) {
            $said = json_decode($line, true);
            fwrite(STDOUT, isset($said['line']) ? $said['line'] . "\n" : '');
            self::$exit = $said['exit'] ?? self::$exit;
        }
        return strlen($part);
    }

    private static function end(int $code, \Throwable $why): void
    {
        Output::begin(200, []);
        fwrite(STDERR, $why->getMessage() . "\n");
        exit($code);
    }
}
