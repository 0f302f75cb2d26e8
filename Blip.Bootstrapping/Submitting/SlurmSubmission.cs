using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Blip.Bootstrapping.Submitting;

/// <summary>Calls Slurm's programs.</summary>
public static class SlurmSubmission
{
    /// <summary>Submits a batch script.</summary>
    /// <param name="script">The script's path.</param>
    /// <param name="logFolder">The output folder, created if missing: without it the job fails silently.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The job's number.</returns>
    /// <exception cref="ShardSubmissionException">sbatch is missing or refuses the script.</exception>
    public static async Task<string> SubmitAsync(string script, string logFolder, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(logFolder);
        var output = await RunAsync("sbatch", ["--parsable", script], cancellationToken).ConfigureAwait(false);
        // With several clusters, the cluster's name follows.
        return output.Trim().Split(';')[0];
    }

    /// <summary>Asks the cluster for its <c>MaxArraySize</c>.</summary>
    /// <exception cref="ShardSubmissionException">scontrol is missing, or no cluster answers.</exception>
    public static async Task<int> MaxArraySizeAsync(CancellationToken cancellationToken = default)
    {
        var output = await RunAsync("scontrol", ["show", "config"], cancellationToken).ConfigureAwait(false);
        var line = output.Split('\n').FirstOrDefault(line => line.StartsWith("MaxArraySize", StringComparison.Ordinal));
        return int.TryParse(line?.Split('=')[^1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new ShardSubmissionException("'scontrol show config' names no MaxArraySize.");
    }

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            var complaint = (await error.ConfigureAwait(false)).Trim();
            if (process.ExitCode != 0)
                throw new ShardSubmissionException($"{program} ended with status {process.ExitCode}: {complaint}");
            return await output.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited)
                process.Kill();
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new ShardSubmissionException(
                $"There is no {start.FileName} on this machine: submit from a login node of the Slurm cluster.", exception);
        }
    }
}
