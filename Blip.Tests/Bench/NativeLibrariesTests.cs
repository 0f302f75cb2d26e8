using Blip.Bench;

namespace Blip.Tests.Bench;

public class NativeLibrariesTests
{
    [Fact]
    public void A_page_of_paths_becomes_a_line_with_what_to_install()
    {
        var page = new DllNotFoundException(
            "Unable to load shared library 'libTorchSharp'\n/usr/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not "
                + "found\n/a\n/b");
        var failure = new TypeInitializationException(
            "TorchSharp.torch", new NotSupportedException("This application uses TorchSharp but cannot load libTorchSharp", page));

        var line = NativeLibraries.Explain(failure)!;

        Assert.Contains("GLIBCXX_3.4.32", line, StringComparison.Ordinal);
        Assert.Contains("install libstdc++6", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_library_is_named_and_other_failures_are_not_explained()
    {
        Assert.Contains("'libfoo'", NativeLibraries.Explain(new DllNotFoundException("Unable to load shared library 'libfoo'\n/a"))!,
            StringComparison.Ordinal);
        Assert.Null(NativeLibraries.Explain(new InvalidOperationException("GLIBC is fine")));
    }
}
