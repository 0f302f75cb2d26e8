using System.Diagnostics;
using System.Globalization;

namespace Blip.Bench.Peers;

/// <summary>
/// One side of training in a child process, with separate memory. For each input line the child makes a step and writes the loss.
/// </summary>
internal sealed class TrainingProcess : IDisposable
{
    // Prefixes of the child's lines.
    private const string Loss = "loss ", Peak = "peak MiB ";

    private readonly string side;
    private readonly Process child;
    private readonly List<double> losses = [];

    public TrainingProcess(string side, params string[] arguments)
    {
        this.side = side;
        var start = OwnProgram.With([TrainPeersCommand.Word, .. arguments, TrainPeersCommand.OnlyName, side, TrainPeersCommand.PacedName]);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        child = Process.Start(start)!;
    }

    /// <summary>The loss before each step.</summary>
    public IReadOnlyList<double> Losses => losses;

    public static string StepLine(double loss) => Loss + loss.ToString("R", CultureInfo.InvariantCulture);

    public static string PeakLine(double mebibytes) => Peak + mebibytes.ToString("F0", CultureInfo.InvariantCulture);

    /// <summary>Makes a step.</summary>
    /// <exception cref="InvalidDataException">The process has ended, and its message was printed.</exception>
    public void Step()
    {
        child.StandardInput.WriteLine();
        child.StandardInput.Flush();
        losses.Add(Read(Loss));
    }

    /// <summary>Ends the process.</summary>
    /// <returns>Its peak memory in MiB.</returns>
    /// <exception cref="InvalidDataException">It did not report.</exception>
    public double End()
    {
        child.StandardInput.Close();
        var peak = Read(Peak);
        child.WaitForExit();
        return peak;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!child.HasExited)
            child.Kill();
        child.Dispose();
    }

    private double Read(string start) =>
        child.StandardOutput.ReadLine() is { } line && line.StartsWith(start, StringComparison.Ordinal)
            ? double.Parse(line[start.Length..], CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"The process that trains with {side} ended before its answer.");
}
