using System.ComponentModel;
using System.Diagnostics;

namespace Blip.Datasets.Remote;

/// <summary>Copies the output of a command: <c>aws s3 cp s3://… -</c>.</summary>
internal static class CommandCopy
{
    private const string Shell = "/bin/sh";
    private const int LongestTail = 2000;

    public static async Task RunAsync(string name, string command, string path, CancellationToken cancellationToken)
    {
        await using var file = new CopyFile(name, path);
        using var process = Start(name, command);
        try
        {
            process.StandardInput.Close();
            var errors = TailAsync(process.StandardError, cancellationToken);
            await CopyAsync(process.StandardOutput.BaseStream, file, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            var tail = await errors.ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw new DatasetException($"{name}: the command ended with exit code {process.ExitCode}: {Said(tail)}");
        }
        finally
        {
            Stop(process);
        }
    }

    private static Process Start(string name, string command)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(Shell, ["-c", command])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception exception)
        {
            throw new DatasetException($"{name}: {Shell} cannot be started; is it installed?", exception);
        }
    }

    private static async Task CopyAsync(Stream output, CopyFile file, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        while (await output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string> TailAsync(StreamReader errors, CancellationToken cancellationToken)
    {
        var (tail, buffer) = ("", new char[LongestTail]);
        while (await errors.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            tail += new string(buffer, 0, count);
            tail = tail[Math.Max(0, tail.Length - LongestTail)..];
        }
        return tail;
    }

    private static string Said(string tail) => tail.Trim() is { Length: > 0 } said ? said : "it says nothing.";

    private static void Stop(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended meanwhile.
        }
    }
}
