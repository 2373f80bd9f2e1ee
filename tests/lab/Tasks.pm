# The task log of a node: what a Proxmox worker leaves of a task.
package Tasks;
use strict;
use warnings;

use Fcntl qw(:flock);
use File::Basename ();
use POSIX ();

# Runs the code in a child as a Proxmox worker: a line in `active` while it runs, then one in `index`, and its own file.
sub run {
    my ($tasks, $node, $type, $vmid, $code) = @_;
    pipe my $go_read, my $go_write or die "pipe: $!";
    pipe my $err_read, my $err_write or die "pipe: $!";
    my $started = time;                              # before the fork, as on Proxmox
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        close $go_write;
        <$go_read>;                                  # not before the task is on record
        my $words = '';
        my $ok = eval { $code->(sub { $words .= $_[0] }); 1 };
        my $error = $@;
        chomp $error;
        $error =~ s/\n/ /g;
        syswrite $err_write, "$words\0" . ($ok ? '' : $error);
        POSIX::_exit($ok ? 0 : 255);
    }
    close $go_read;
    close $err_write;
    my $upid = sprintf 'UPID:%s:%08X:%08X:%08X:%s:%s:root@pam:', $node, $pid, start_ticks($pid), $started, $type, $vmid;
    my $output = sprintf '%s/%s/%s', $tasks, substr(sprintf('%08X', $started), -1), $upid;
    mkdir File::Basename::dirname($output);
    open my $log, '>', $output or die "can't write the task's output '$output': $!\n";
    change_active($tasks, sub { (@_, "$upid 0") });
    close $go_write;

    my ($words, $error) = map { $_ // '' } split /\0/, do { local $/; <$err_read> } // '', 2;
    waitpid $pid, 0;
    $error = 'unexpected status' if $? && $error eq '';
    my $status = $error eq '' ? 'OK' : $error;
    print STDERR "$error\n" if $error ne '';
    print $log $words, $error eq '' ? "TASK OK\n" : "TASK ERROR: $error\n";
    close $log;
    my $ended = sprintf '%08X', time;
    change_active($tasks, sub {
        append("$tasks/index", "$upid $ended $status\n");
        return map { $_ eq "$upid 0" ? "$upid 1 $ended $status" : $_ } @_;
    });
    return $status;
}

# Changes the list of `active` tasks under its lock; of the ended ones the last 25 stay, as on Proxmox.
sub change_active {
    my ($tasks, $change) = @_;
    open my $lock, '>>', "$tasks/.active.lock" or die "can't open the lock of the task list: $!\n";
    flock $lock, LOCK_EX;
    my @lines;
    if (open my $old, '<', "$tasks/active") { chomp(@lines = <$old>) }
    @lines = $change->(@lines);
    my @ended = grep { !/ 0$/ } @lines;
    my %drop = map { $_ => 1 } @ended > 25 ? @ended[ 0 .. $#ended - 25 ] : ();
    open my $fh, '>', "$tasks/active.tmp" or die "can't write the task list: $!\n";
    print $fh map {"$_\n"} grep { !$drop{$_} } @lines;
    close $fh;
    rename "$tasks/active.tmp", "$tasks/active" or die "can't write the task list: $!\n";
}

sub append {
    my ($path, $text) = @_;
    open my $fh, '>>', $path or die "can't append to '$path': $!\n";
    syswrite $fh, $text;
}

# Field 22 of stat, counted after the command name, which may hold blanks and brackets.
sub start_ticks {
    my ($pid) = @_;
    open my $fh, '<', "/proc/$pid/stat" or return 0;
    my ($rest) = <$fh> =~ /.*\) (.*)/;
    return (split ' ', $rest)[19];
}

1;
