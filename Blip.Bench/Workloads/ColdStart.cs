using System.Diagnostics;
using Blip.Bench.Measuring;
using Blip.Bench.Reporting;

namespace Blip.Bench.Workloads;

/// <summary>The command line as users run it: a process that starts, loads a model, captions one image and ends.</summary>
internal sealed class ColdStart
{
    private const string What = "a cold start", Image = "weights/samples/00.png";

    private readonly string program;
    private string? answer;

    /// <summary>Finds the program.</summary>
    /// <param name="program">Its path; null: the one built with this.</param>
    /// <exception cref="UsageException">It does not exist.</exception>
    public ColdStart(string? program)
    {
        this.program = program ?? Program(What);
        if (!File.Exists(this.program))
            throw new UsageException($"--cli: '{this.program}' does not exist; name the blip program that is to be started.");
    }

    /// <summary>The program that was built with this one.</summary>
    /// <param name="what">Its purpose.</param>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static string Program(string what)
    {
        // Debug or Release, as this program was built.
        var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!);
        return Checkout.Path($"Blip.Cli/bin/{configuration}/net10.0/blip{(OperatingSystem.IsWindows() ? ".exe" : "")}", what);
    }

    /// <summary>A case of successive starts with equal answers. A null model is the demo captioner.</summary>
    public BenchCase Case(string work, string device, string? model, string precision) => new(work, device, () =>
    {
        answer = null;
        return new PreparedCase
        {
            Run = () => Start(
                ["caption", Checkout.Path(Image, What), "--device", device, "--precision", precision,
                .. model is null ? (string[])[] : ["--model", model]]),
            Verify = () => PreparedCase.Exact(!string.IsNullOrWhiteSpace(answer)),
        };
    })
    {
        Precision = precision,
    };

    private void Start(IEnumerable<string> arguments)
    {
        using var child = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // The remark about the demo is short and fits into the pipe.
        var words = child.StandardOutput.ReadToEnd();
        var error = child.StandardError.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0)
            throw new InvalidOperationException($"blip ended with status {child.ExitCode}: {error.Trim()}");
        if (words != (answer ??= words))
            throw new InvalidOperationException($"blip said '{words.Trim()}' after '{answer.Trim()}'.");
    }
}
