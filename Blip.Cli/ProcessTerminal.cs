using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Blip.Cli;

internal static partial class ProcessTerminal
{
    private const int StandardInput = 0, StandardOutput = 1, StandardError = 2;
    private const int GetDescriptorFlags = 1, CloseOnExec = 1, GetFlags = 3, AccessMode = 3;

    public static Terminal Open()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
            Console.OutputEncoding = utf8;
        return new Terminal
        {
            Output = new StreamWriter(OpenOutput(), utf8),
            Error = OpenError(utf8),
            OpenInput = IsClosed(StandardInput)
                ? () => throw new IOException("standard input is closed; name a file, or leave standard input open")
                : Console.OpenStandardInput,
            ErrorIsScreen = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
            OutputIsScreen = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
            InputIsScreen = !Console.IsInputRedirected,
            Columns = Columns,
        };
    }

    /// <summary>Ends the process without the last steps of libraries, which other threads may be using.</summary>
    public static void Leave(int exitCode)
    {
        if (OperatingSystem.IsWindows())
            Environment.Exit(exitCode);
        ExitNow(exitCode);
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : int.MaxValue;
        }
        catch (IOException)
        {
            // The screen does not report its width.
            return int.MaxValue;
        }
    }

    // The console stream swallows "broken pipe": a run into `head` would caption a thousand images without a reader.
    // A file keeps the console stream, as a FileStream's separate position would overwrite others' additions.
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return Console.OpenStandardOutput();
        // A shell may have opened it for reading.
        if (IsClosed(StandardOutput) || (FileControl(StandardOutput, GetFlags) & AccessMode) == 0)
            return new ClosedOutput();
        var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    private static TextWriter OpenError(Encoding encoding)
    {
        if (!IsClosed(StandardError))
            return new MessageWriter(new StreamWriter(Console.OpenStandardError(), encoding) { AutoFlush = true });
        // The server's log goes to the console.
        Console.SetError(TextWriter.Null);
        return TextWriter.Null;
    }

    // The runtime may give a closed stream's number to a file or pipe. It marks those to be closed on exec. An inherited stream cannot
    // have this mark.
    private static bool IsClosed(int file) =>
        !OperatingSystem.IsWindows() && FileControl(file, GetDescriptorFlags) is var flags && (flags < 0 || (flags & CloseOnExec) != 0);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int exitCode);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int file, int command);
}
