<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Devhost\Hooks;
use Devhost\Queue;
use Devhost\Server;
use WHMCS\Database\Capsule;

/** What WHMCS does around a module call. */
final class DevhostServerTest extends ShimTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        Capsule::$tables = [
            'tblhosting' => [['id' => 101, 'userid' => 12, 'packageid' => 3, 'server' => 0, 'orderid' => 1, 'domain' => 'web.example.com',
                'username' => '', 'password' => '', 'domainstatus' => 'Pending', 'qty' => 1, 'dedicatedip' => '', 'assignedips' => '',
                'firstpaymentamount' => 0, 'amount' => 0, 'billingcycle' => '', 'nextduedate' => '', 'regdate' => '', 'suspendreason' => '']],
            'tblproducts' => [['id' => 3, 'type' => 'server', 'servertype' => 'fakemodule', 'welcomeemail' => 1, 'name' => 'KVM']],
            'tblemailtemplates' => [['id' => 1, 'type' => 'product', 'name' => 'Hello', 'language' => '', 'disabled' => 0,
                'subject' => 'Hello', 'message' => '{$service_username}']],
        ];
        FakeModule::$answer = 'success';
        FakeModule::$calls = [];
        (function (): void {
            self::$hooks = [];
        })->bindTo(null, Hooks::class)();
    }

    public function testCommand_successSetsTheStatusAndSendsTheWelcomeMail(): void
    {
        self::assertSame('success', $this->create());
        self::assertSame('Active', $this->service()['domainstatus']);
        self::assertSame('Hello', Capsule::$tables['tblemails'][0]['subject']);
        self::assertStringStartsWith('webexamp', $this->service()['username']);
        self::assertMatchesRegularExpression('/^[a-z0-9]{10}$/', decrypt($this->service()['password']));
        self::assertStringContainsString('Module Create Successful - Service ID: 101', Capsule::$tables['tblactivitylog'][0]['description']);
    }

    public function testCommand_failureKeepsTheStatusAndQueuesAutomatedCalls(): void
    {
        FakeModule::$answer = 'The node is full.';
        self::assertSame('The node is full.', $this->create());
        self::assertSame('Pending', $this->service()['domainstatus']);
        self::assertCount(1, Queue::open());
        $this->create();
        self::assertSame([1, 1], [count(Queue::open()), Queue::open()->first()->num_retries]);
        FakeModule::$answer = 'success';
        self::assertSame('success', Queue::retry(Queue::open()->first()));
        self::assertCount(0, Queue::open());
    }

    public function testCommand_failureOfAPersonIsNotQueued(): void
    {
        FakeModule::$answer = 'No.';
        Server::command(101, 'SuspendAccount');
        self::assertCount(0, Queue::open());
    }

    public function testCommand_runsHooksAroundTheCall(): void
    {
        $seen = [];
        foreach (['PreModuleSuspend', 'AfterModuleSuspend', 'AfterModuleSuspendFailed'] as $point) {
            add_hook($point, 1, static function (array $vars) use ($point, &$seen): array {
                $seen[] = $point . ($vars['failureResponseMessage'] ?? '');
                return $point === 'PreModuleSuspend' ? ['domain' => 'overridden'] : [];
            });
        }
        Server::command(101, 'SuspendAccount');
        FakeModule::$answer = 'No.';
        Server::command(101, 'SuspendAccount');
        self::assertSame(['PreModuleSuspend', 'AfterModuleSuspend', 'PreModuleSuspend', 'AfterModuleSuspendFailedNo.'], $seen);
        self::assertSame('overridden', FakeModule::$calls[0]['domain']);
    }

    public function testCommand_canBeAbortedByAHook(): void
    {
        add_hook('PreModuleCreate', 1, static function (): array {
            return ['abortcmd' => true];
        });
        self::assertSame('Action Aborted by Hook', $this->create());
        self::assertSame([], FakeModule::$calls);
    }

    public function testChangePassword_storesTheNewOneOnlyAfterSuccess(): void
    {
        $seen = [];
        add_hook('AfterModuleChangePassword', 1, static function (array $vars) use (&$seen): void {
            $seen[] = $vars;
        });
        $this->create();
        $old = decrypt($this->service()['password']);
        FakeModule::$answer = 'Too short.';
        self::assertSame('Too short.', Server::command(101, 'ChangePassword', false, 'new'));
        self::assertSame(['new', $old], [FakeModule::$calls[1]['password'], decrypt($this->service()['password'])]);
        FakeModule::$answer = 'success';
        self::assertSame('success', Server::command(101, 'ChangePassword', false, 'newer'));
        self::assertSame('newer', decrypt($this->service()['password']));
        self::assertSame([['serviceid' => 101, 'oldpassword' => $old, 'newpassword' => 'newer']], $seen);
    }

    public function testButtons_areTheModulesAndRunWithTheHooksOfCustomOnes(): void
    {
        $seen = [];
        add_hook('AfterModuleCustom', 1, static function (array $vars) use (&$seen): void {
            $seen[] = $vars['params']['action'];
        });
        self::assertSame(['*Wave' => 'Wave'], Server::buttons(101));
        self::assertSame('success', Server::command(101, 'Wave'));
        self::assertSame([['Wave'], 'Pending'], [$seen, $this->service()['domainstatus']]);
    }

    public function testHooks_runLowestPriorityFirst(): void
    {
        foreach ([5, -1, 3] as $priority) {
            add_hook('X', $priority, static function () use ($priority): int {
                return $priority;
            });
        }
        self::assertSame([-1, 3, 5], run_hook('X', []));
    }

    public function testCipher_isRandomisedReversibleAndSilentOnForeignInput(): void
    {
        self::assertNotSame(encrypt('a'), encrypt('a'));
        self::assertSame('a€', decrypt(encrypt('a€')));
        self::assertIsString(decrypt('no cipher at all'));
    }

    private function create(): string
    {
        return Server::command(101, 'CreateAccount', true);
    }

    private function service(): array
    {
        return Capsule::$tables['tblhosting'][0];
    }
}
