<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** dns.php: hands on what the service answers, as it comes. Whatever fails is an error for the caller, never a shorter list. */
final class NameList
{
    private const PASSED = '/^(content-type|content-length|cache-control|etag|allow|retry-after|www-authenticate):/i';

    /** @param array $server PHP's $_SERVER, in which REMOTE_ADDR alone tells who asks; $get is the query */
    public static function run(array $server, array $get): void
    {
        $args = ['address' => $server['REMOTE_ADDR'] ?? '', 'method' => $server['REQUEST_METHOD'] ?? '', 'token' => $get['token'] ?? '',
            'authorization' => $server['HTTP_AUTHORIZATION'] ?? '', 'if_none_match' => $server['HTTP_IF_NONE_MATCH'] ?? ''];
        try {
            $ask = Payload::base(array_map(static fn ($value): string => is_string($value) ? $value : '', $args));
            $settings = Settings::load();
            $patience = $settings->milliseconds('total_timeout', 10, 25) / 1000;
            Client::relay($settings, '/v1/dns/list', Payload::json($ask), $patience, [self::class, 'begin']);
        } catch (\Throwable $error) {
            Funnel::log(ServerModule::NAME, 'dns.php', '', '', $error->getMessage(), []); // the caller gets apologize()'s words
        }
    }

    /** Only the service's own answers to callers are marked, and only these head lines are meant for them. */
    public static function begin(int $status, array $head): void
    {
        if (!preg_grep('/^x-kvmbridge-list:/i', $head)) {
            throw new Fault('bad_answer', 'of the service', $status);
        }
        Output::begin($status, preg_grep(self::PASSED, $head));
    }

    /** At PHP's end, also when WHMCS has ended it; says nothing when there was an answer. */
    public static function apologize(): void
    {
        $error = 'The list cannot be read at present. Keep what the last one said and ask again later. WHMCS\'s module log has the reason.';
        Output::begin(503, Output::JSON, Payload::json(['error' => $error]));
    }
}
