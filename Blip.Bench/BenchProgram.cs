using System.CommandLine;
using System.CommandLine.Invocation;
using Blip.Bench.Commands;
using Blip.Datasets;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Retrieval;
using Blip.Training;

namespace Blip.Bench;

/// <summary>From a command line to an exit code: 0; 1 for a wrong answer or a slower kernel; 2 for an unusable command line.</summary>
internal static class BenchProgram
{
    private const int Usage = 2;
    private const string PeersName = "peers";

    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        // A separate program reads their options.
        if (arguments is [PeersName, ..])
            return PeersBench.Run([.. arguments.Skip(1)]);
        return Invoke(Root(output), arguments is [] ? ["--help"] : arguments, output, error);
    }

    public static RootCommand Root(TextWriter output) =>
        new("Measures Blip: kernels, models, and other libraries beside it. What the columns mean: docs/benchmarks.md")
        {
            new KernelsCommand(output),
            new ModelsCommand(output),
            new TrainCommand(output),
            new Command(PeersName, "The same work on libtorch and ONNX Runtime, in turns with ours."),
            new CompareCommand(output),
            new QualityCommand(output),
            new LookingCommand(output),
            new BootstrapCommand(output),
            new BootstrapQualityCommand(output),
            new ShapesCommand(output),
            new LoadCommand(output),
            new RetrievalCommand(output),
            new KillCommand(output),
            new ServeCommand(output),
            new WriteCommand(),
            new GpuReportCommand(output),
        };

    public static int Invoke(RootCommand root, IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var message in parsed.Errors.Select(one => one.Message).Distinct())
                error.WriteLine(message);
            error.WriteLine($"see '{(parsed.CommandResult.Command == root ? "" : $"{parsed.CommandResult.Command.Name} ")}--help'");
            return Usage;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is UsageException or BlipException or InvalidDataException)
        {
            error.WriteLine(e.Message);
            return Usage;
        }
        catch (Exception e) when (NativeLibraries.Explain(e) is { } line)
        {
            error.WriteLine(line);
            return Usage;
        }
    }
}

/// <summary>The command line asks for something impossible; the message says what to give instead.</summary>
internal sealed class UsageException(string message) : Exception(message);
