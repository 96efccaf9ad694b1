<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Signature;
use PHPUnit\Framework\TestCase;

/** cron.php as a process of its own, inside a WHMCS that prints HTML while it loads. */
final class CronTest extends TestCase
{
    private const FILE = __DIR__ . '/../modules/addons/puq_proxmox_kvm/cron.php';
    private const TABLE = __DIR__ . '/../../internal/tasks/table.go';

    protected function setUp(): void
    {
        FakeSidecar::forget();
    }

    /** @dataProvider options */
    public function testOption_isAskedOfTheService(array $arguments, array $args, string $hint): void
    {
        [$code, $out, $error] = self::cron('tasks-fail', $arguments);
        self::assertSame([1, "failed\n"], [$code, $out]);
        $request = FakeSidecar::lastRequest();
        $body = json_decode($request['body'], true);
        self::assertEquals($args, $body['args']);
        self::assertSame(['POST', '/tasks-fail/v1/tasks/run', ['kind' => 'system', 'id' => 0]], [$request['method'], $request['path'], $body['caller']]);
        Signature::check(['k1' => FakeSidecar::SECRET], $request['server'], $request['body'], time());
        $hint === '' ? self::assertSame('', $error) : self::assertStringContainsString($hint, $error);
    }

    public function options(): array
    {
        return [
            'none' => [[], [], ''],
            'one task' => [['--task=scheduleBackup'], ['task' => 'scheduleBackup'], ''],
            'a task nobody knows is for the service to refuse' => [['--task=a b'], ['task' => 'a b'], ''],
            'force' => [['--force'], ['force' => true], ''],
            'list' => [['--list'], ['list' => true], ''],
            'no lock' => [['--no-lock', '--force'], ['no_lock' => true, 'force' => true], ''],
            'verbose' => [['--verbose'], [], ''],
            'an old name' => [['--run-task=process_vms'], ['task' => 'processVirtualMachines'], 'write --task=processVirtualMachines'],
            'locks' => [['--clear-locks'], ['clear' => true], '--list shows who holds one'],
            'the last one counts' => [['--task=a', '--run-task=collect_statistics'], ['task' => 'collectingStatistics'], 'older module'],
        ];
    }

    /** @dataProvider noOptions */
    public function testOption_thatDoesNotExist(string $argument): void
    {
        [$code, $out, $error] = self::cron('tasks', ['--list', $argument], 'mode=exit');
        self::assertSame([2, ''], [$code, $out]);
        self::assertSame("The option \"$argument\" does not exist here. --help shows those that do.\n", $error);
        self::assertNull(FakeSidecar::lastRequest());
    }

    public function noOptions(): array
    {
        return [['--tasks'], ['--task'], ['--task='], ['task=x'], ['-f'], ['--run-task=x'], ['--list=1'], [''], ["--task=a\n"]];
    }

    /** Neither the service nor WHMCS is needed. */
    public function testHelp_namesOptionsAndTasks(): void
    {
        [$code, $out, $error] = self::cron('dead', ['--force', '--help'], 'mode=exit');
        self::assertSame([0, ''], [$code, $error]);
        $lines = explode("\n", $out);
        self::assertSame(['PUQ Proxmox KVM - Standalone Cron', '', 'Usage:'], array_slice($lines, 0, 3));
        foreach (['', ' --task=<id>', ' --force', ' --list', ' --no-lock', ' --help'] as $n => $option) {
            self::assertMatchesRegularExpression('/^  php cron\.php' . preg_quote($option) . '  +[A-Z]\w+ /', $lines[3 + $n]);
        }
        self::assertSame(['', 'Available tasks:'], array_slice($lines, 9, 2));
        self::assertSame(self::tasks(), array_filter(array_slice($lines, 11)));
    }

    public function testLines_arePrintedAsTheyCome(): void
    {
        [$process, $pipes] = self::start('tasks', ['--force']);
        self::assertSame("first — ü\n", fgets($pipes[1]));
        self::assertTrue(proc_get_status($process)['running']);
        file_put_contents(FakeSidecar::folder() . '/go.json', '');
        self::assertSame([0, "\nsecond\n", ''], self::end($process, $pipes));
    }

    public function testInterrupt_endsPhpAlone(): void
    {
        [$process, $pipes] = self::start('tasks', []);
        fgets($pipes[1]);
        proc_terminate($process, SIGINT);
        self::assertSame('', stream_get_contents($pipes[1]));
        self::assertLessThan(8, self::await($process));
    }

    /** @dataProvider failures */
    public function testFailure_isASentenceAndOne(string $sidecar, string $mode, string $printed, string $words): void
    {
        [$code, $out, $error] = self::cron($sidecar, ['--force'], $mode);
        self::assertSame([1, $printed], [$code, $out]);
        self::assertMatchesRegularExpression('/^[A-Z].{20,}\.\n$/D', $error);
        self::assertStringContainsString($words, $error);
    }

    public function failures(): array
    {
        return [
            'nobody listens' => ['dead', '', '', 'cannot be reached'],
            'no address' => ['bad', '', '', 'is not usable'],
            'the stream breaks off' => ['tasks-cut', '', "first\n", '--list shows how they stand'],
            'the connection breaks off' => ['cut', '', '', 'gave no answer'],
            'a refusal' => ['refusal-422', '', '', 'The field x is not as it should be.'],
            'a refusal that ends in a line feed' => ['recorded', '', '', 'There is no task of the id x.'],
            'a refusal without words' => ['mute-refusal', '', '', 'refused without a reason'],
            'something else listens' => ['html', '', '', 'not as the kvmbridge service does'],
            'a success of another kind' => ['success-500', '', '', 'not as the kvmbridge service does'],
            'WHMCS exits with a page of its own' => ['tasks', 'mode=exit', '', 'WHMCS did not load'],
            'WHMCS throws' => ['tasks', 'mode=throw', '', 'WHMCS did not load'],
        ];
    }

    /** Module folders may be links; PHP then tells where the file really is. */
    public function testWhmcs_isFoundAboveLinkedFolders(): void
    {
        $root = sys_get_temp_dir() . '/kvmbridge-cron-' . bin2hex(random_bytes(6));
        mkdir($root);
        symlink(realpath(__DIR__ . '/../modules'), "$root/modules");
        file_put_contents("$root/init.php", '<?php require ' . var_export(__DIR__ . '/fake/root/init.php', true) . ';');
        try {
            foreach (["$root/modules/addons/puq_proxmox_kvm/cron.php", 'modules/addons/puq_proxmox_kvm/cron.php'] as $file) {
                [$process, $pipes] = self::start('tasks-fail', [], '', $file, $root);
                self::assertSame([1, "failed\n", ''], self::end($process, $pipes));
            }
        } finally {
            array_map('unlink', ["$root/modules", "$root/init.php"]);
            rmdir($root);
        }
    }

    /** The web server may run it; it then says and does nothing. */
    public function testWeb_getsNothing(): void
    {
        $base = PhpServer::web(__DIR__ . '/../modules', '', self::environment('tasks', '') + ['KVMBRIDGE_WHMCS_ROOT' => __DIR__ . '/fake/root']);
        self::assertSame('', file_get_contents("$base/addons/puq_proxmox_kvm/cron.php?--force"));
        self::assertNull(FakeSidecar::lastRequest());
    }

    /** @return string[] lines of the help, as the service's own table has them */
    private static function tasks(): array
    {
        $go = (string) file_get_contents(self::TABLE);
        preg_match_all('/^\t(\w+)\s+= "(\w+)"$/m', $go, $ids, PREG_SET_ORDER);
        preg_match_all('/\{\s*(\w+), "([\w ]+)", "[^"]+",\s*((\d+) \* )?time\.(Minute|Hour),/', $go, $rows, PREG_SET_ORDER);
        $ids = array_column($ids, 2, 1);
        self::assertCount(7, $rows);
        return array_map(static function (array $row) use ($ids): string {
            return sprintf('  %s — %s (default: %dm)', $ids[$row[1]], $row[2], ($row[4] ?: 1) * ($row[5] === 'Hour' ? 60 : 1));
        }, $rows);
    }

    /** @return array{0:int,1:string,2:string} exit code, what was printed, what went to the error output */
    private static function cron(string $sidecar, array $arguments, string $mode = ''): array
    {
        if ($sidecar === 'recorded') {
            FakeSidecar::answerWith(422, '{"result":"error","code":"unknown_task","message":"There is no task of the id x.","data":{}}' . "\n");
        }
        [$process, $pipes] = self::start($sidecar, $arguments, $mode);
        return self::end($process, $pipes);
    }

    private static function start(string $sidecar, array $arguments, string $mode = '', string $file = self::FILE, string $root = ''): array
    {
        $environment = self::environment($sidecar, $mode) + ($root === '' ? ['KVMBRIDGE_WHMCS_ROOT' => __DIR__ . '/fake/root'] : ['PWD' => $root]);
        $command = array_merge([PHP_BINARY, '-d', 'display_errors=0', '-d', 'log_errors=0', $file], $arguments);
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes, $root ?: null, $environment + getenv());
        return [$process, $pipes];
    }

    private static function environment(string $sidecar, string $mode): array
    {
        $url = ['dead' => FakeSidecar::deadUrl(), 'bad' => 'ftp://x'][$sidecar] ?? FakeSidecar::url($sidecar);
        return ['FAKE_SECRET' => FakeSidecar::SECRET, 'FAKE_QUERY' => 'sidecar=' . urlencode($url) . "&$mode"];
    }

    private static function end($process, array $pipes): array
    {
        [$out, $error] = [stream_get_contents($pipes[1]), stream_get_contents($pipes[2])];
        return [proc_close($process), $out, $error];
    }

    /** @return float seconds until the process had ended */
    private static function await($process): float
    {
        $started = microtime(true);
        while (proc_get_status($process)['running'] && microtime(true) - $started < 10) {
            usleep(10000);
        }
        return microtime(true) - $started;
    }
}
