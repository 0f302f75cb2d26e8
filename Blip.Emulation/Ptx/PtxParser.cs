using System.Diagnostics;

namespace Blip.Emulation.Ptx;

/// <summary>Reads a module's directives; <see cref="PtxBodyParser"/> reads function bodies.</summary>
internal sealed class PtxParser
{
    private readonly List<PtxToken> tokens;
    private readonly PtxModule module = new();
    private readonly PtxScope scope = new(null);
    private int position;

    public PtxParser(string text) => tokens = PtxToken.Cut(text);

    private PtxToken Next => position < tokens.Count ? tokens[position] : new PtxToken("", tokens.Count > 0 ? tokens[^1].Line : 0);

    public PtxModule Parse()
    {
        while (position < tokens.Count)
            Directive();
        if (module.FunctionsByName.Count == 0)
            throw new PtxException("no function", Next.Line, "");
        foreach (var instruction in module.Instructions)
            Link(instruction);
        return module;
    }

    private void Directive()
    {
        var token = Take();
        switch (token.Text)
        {
            case ".version" or ".address_size":
                Take();
                break;
            case ".target":
                module.Target = Take().Text;
                while (Next.Text == ",")
                    position += 2;
                break;
            case ".visible" or ".extern" or ".weak" or ".common":
                break;
            case ".entry" or ".func":
                Function(token.Text == ".entry");
                break;
            case ".global" or ".const" or ".shared":
                scope.Add(Variable(token.Text));
                break;
            case ".pragma" or ".file":
                SkipTo(";", token.Line);
                break;
            default:
                throw new PtxException("unknown directive", token.Line, token.Text);
        }
    }

    private void Function(bool isEntry)
    {
        var results = Next.Text == "(" ? Formals() : [];
        var name = Take().Text;
        var parameters = Next.Text == "(" ? Formals() : [];
        var function = new PtxFunction { Name = name, IsEntry = isEntry };
        while (Next.Text is not (";" or "{"))
        {
            var directive = Take();
            switch (directive.Text)
            {
                case ".maxntid" or ".reqntid":
                    function.MaxThreads = Numbers().Aggregate((a, b) => a * b);
                    break;
                case ".minnctapersm" or ".maxnctapersm" or ".maxnreg" or ".reqnctapercluster":
                    Numbers();
                    break;
                case ".noreturn":
                    break;
                default:
                    throw new PtxException("unknown directive of a function", directive.Line, directive.Text);
            }
        }
        if (Take().Text == ";")
            return;

        var inside = new PtxScope(scope);
        var bytes = 0;
        foreach (var (list, declared) in new[] { (function.Results, results), (function.ParameterList, parameters) })
        {
            foreach (var formal in declared)
            {
                var variable = formal;
                if (isEntry)
                {
                    bytes = PtxTypes.RoundUp(bytes, formal.Alignment);
                    variable = formal with { Space = PtxSpace.Parameter, Offset = bytes };
                    bytes += formal.Size;
                }
                else
                {
                    variable = PlaceCall(formal);
                }
                list.Add(variable);
                inside.Add(variable);
            }
        }
        function.ParameterBytes = bytes;
        module.FunctionsByName[name] = function;
        var body = new PtxBodyParser(module, function, inside, tokens, position, PlaceCall);
        position = body.Parse();
    }

    private List<PtxVariable> Formals()
    {
        var formals = new List<PtxVariable>();
        Expect("(");
        while (Next.Text != ")")
        {
            var kind = Take();
            if (kind.Text != ".param")
                throw new PtxException("arguments are expected as .param", kind.Line, kind.Text);
            formals.Add(Declarator.Read(tokens, ref position, PtxSpace.Call));
            if (Next.Text == ",")
                position++;
        }
        Expect(")");
        return formals;
    }

    private PtxVariable PlaceCall(PtxVariable variable)
    {
        var offset = PtxTypes.RoundUp(module.CallBytes, Math.Max(variable.Alignment, 1));
        module.CallBytes = offset + variable.Size;
        return variable with { Offset = offset };
    }

    private PtxVariable Variable(string kind)
    {
        var space = kind switch
        {
            ".global" => PtxSpace.Global,
            ".const" => PtxSpace.Constant,
            ".shared" => PtxSpace.Shared,
            _ => throw new UnreachableException($"No variable lies in {kind}."),
        };
        var variable = Declarator.Read(tokens, ref position, space);
        if (space == PtxSpace.Shared && variable.Size > 0)
            variable = Declarator.PlaceShared(module, variable);
        if (space != PtxSpace.Shared)
            module.Variables.Add(variable);
        Expect(";");
        return variable;
    }

    private void Link(PtxInstruction instruction)
    {
        if (instruction.Name != "call")
            return;
        var callee = instruction.Operands.First(operand => operand.Kind == PtxOperandKind.Name).Name;
        if (!module.FunctionsByName.TryGetValue(callee, out var function))
            throw new PtxException($"no body for the function {callee}", instruction.Line, instruction.Text);
        instruction.Targets = [function.Start];
    }

    private int[] Numbers()
    {
        var numbers = new List<int> { int.Parse(Take().Text, System.Globalization.CultureInfo.InvariantCulture) };
        while (Next.Text == ",")
        {
            position++;
            numbers.Add(int.Parse(Take().Text, System.Globalization.CultureInfo.InvariantCulture));
        }
        return [.. numbers];
    }

    private PtxToken Take()
    {
        if (position >= tokens.Count)
            throw new PtxException("the text ends too early", Next.Line, "");
        return tokens[position++];
    }

    private void Expect(string text)
    {
        var token = Take();
        if (token.Text != text)
            throw new PtxException($"'{text}' is expected", token.Line, token.Text);
    }

    private void SkipTo(string text, int line)
    {
        if (text == ";" && Next.Line > line)
            return;
        while (Take().Text != text)
        {
        }
    }
}
