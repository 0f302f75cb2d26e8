using System.Globalization;

namespace Blip.Emulation.Ptx;

internal sealed class PtxBodyParser(
    PtxModule module, PtxFunction function, PtxScope scope, List<PtxToken> tokens, int position, Func<PtxVariable, PtxVariable> placeCall)
{
    private readonly Dictionary<string, int> labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> tables = new(StringComparer.Ordinal);
    private PtxScope scope = scope;
    private int position = position;
    private string lastLabel = "";

    private PtxToken Next => tokens[position];

    /// <summary>Reads past the closing brace and returns the position.</summary>
    public int Parse()
    {
        function.Start = module.Instructions.Count;
        var depth = 1;
        while (depth > 0)
        {
            if (position >= tokens.Count)
                throw new PtxException($"the body of {function.Name} does not end", tokens[^1].Line, "");
            var token = Next;
            if (token.Text == "{")
            {
                position++;
                depth++;
                scope = new PtxScope(scope);
            }
            else if (token.Text == "}")
            {
                position++;
                depth--;
                scope = depth > 0 ? scope.Outer! : scope;
            }
            else if (position + 1 < tokens.Count && tokens[position + 1].Text == ":")
            {
                labels[token.Text] = module.Instructions.Count;
                lastLabel = token.Text;
                position += 2;
            }
            else
            {
                Statement();
            }
        }
        function.End = module.Instructions.Count;
        module.Instructions.Add(
            new PtxInstruction
            {
                Mnemonic = PtxInstruction.End, Line = tokens[position - 1].Line, Text = "}", Operands = [],
                Function = function
            });
        for (var i = function.Start; i < function.End; i++)
            Resolve(module.Instructions[i]);
        return position;
    }

    private void Statement()
    {
        var start = position;
        var end = start;
        while (end < tokens.Count && tokens[end].Text != ";")
            end++;
        if (end == tokens.Count)
            throw new PtxException("a statement without its semicolon", Next.Line, Next.Text);
        switch (Next.Text)
        {
            case ".reg":
                Registers(start + 1, end);
                break;
            case ".shared":
                position++;
                scope.Add(Declarator.PlaceShared(module, Declarator.Read(tokens, ref position, PtxSpace.Shared)));
                break;
            case ".local":
                position++;
                var local = Declarator.Read(tokens, ref position, PtxSpace.Local);
                var offset = PtxTypes.RoundUp(module.LocalBytes, local.Alignment);
                module.LocalBytes = offset + local.Size;
                scope.Add(local with { Offset = offset });
                break;
            case ".param":
                position++;
                scope.Add(placeCall(Declarator.Read(tokens, ref position, PtxSpace.Call)));
                break;
            case ".branchtargets":
                tables[lastLabel] =
                    [.. tokens.GetRange(start + 1, end - start - 1).Where(token => token.Text != ",").Select(token => token.Text)];
                break;
            case ".pragma":
                break;
            case ".loc":
                throw new PtxException("line information is not read", Next.Line, Next.Text);
            case ";":
                break;
            default:
                Instruction(start, end);
                break;
        }
        position = end + 1;
    }

    private void Registers(int start, int end)
    {
        position = start;
        var type = tokens[position++].Text[1..];
        if (type is "v2" or "v4" || (type != "pred" && PtxTypes.Bytes(type) == 0))
            throw new PtxException("unknown type of register", tokens[start].Line, type);
        while (position < end)
        {
            var name = tokens[position++].Text;
            if (tokens[position].Text == "<")
            {
                var count = int.Parse(tokens[position + 1].Text, CultureInfo.InvariantCulture);
                position += 3;
                for (var i = 0; i < count; i++)
                    Register($"{name}{i}", type);
            }
            else
            {
                Register(name, type);
            }
            if (position < end && tokens[position].Text == ",")
                position++;
        }
    }

    private void Register(string name, string type) => scope.Add(name, type == "pred"
        ? new PtxOperand(PtxOperandKind.Predicate) { Slot = module.Predicates++, Name = name }
        : new PtxOperand(PtxOperandKind.Register) { Slot = module.Registers++, Bits = PtxTypes.Bytes(type) * 8, Name = name });

    private void Instruction(int start, int end)
    {
        var text = PtxToken.Join(tokens.GetRange(start, end - start)) + ";";
        var guard = -1;
        var negated = false;
        position = start;
        if (Next.Text == "@")
        {
            position++;
            if (Next.Text == "!")
            {
                negated = true;
                position++;
            }
            if (!scope.TryRegister(Next.Text, out var predicate) || predicate.Kind != PtxOperandKind.Predicate)
                throw new PtxException("the guard is no predicate", Next.Line, text);
            guard = predicate.Slot;
            position++;
        }
        var mnemonic = tokens[position++];
        var operands = new List<PtxOperand>();
        try
        {
            while (position < end)
            {
                operands.Add(Operand());
                if (position < end && Next.Text is "," or "|")
                {
                    if (Next.Text == "|")
                    {
                        position++;
                        operands[^1] = operands[^1] with { Second = Operand() };
                    }
                    if (position < end)
                        position++;
                }
                else if (position < end)
                {
                    throw new PtxException($"'{Next.Text}' is not expected here", Next.Line, text);
                }
            }
        }
        catch (PtxException e) when (e.Line != mnemonic.Line || !e.Message.Contains(text, StringComparison.Ordinal))
        {
            throw new PtxException(e.Message, mnemonic.Line, text);
        }
        module.Instructions.Add(new PtxInstruction
        {
            Mnemonic = mnemonic.Text, Line = mnemonic.Line, Text = text, Operands = [.. operands], Function = function, Guard = guard,
            GuardNegated = negated,
        });
    }

    private PtxOperand Operand()
    {
        var token = tokens[position++];
        switch (token.Text)
        {
            case "{" or "(":
                var close = token.Text == "{" ? "}" : ")";
                return new PtxOperand(PtxOperandKind.Vector) { Elements = List(close), Name = token.Text };
            case "[":
                return Address();
            case "!":
                return Operand() with { Negated = true };
            case "-":
                var positive = Operand();
                return positive with { Value = 0 - positive.Value, Decimal = -positive.Decimal };
            case "_":
                return new PtxOperand(PtxOperandKind.Sink);
        }
        if (char.IsAsciiDigit(token.Text[0]))
        {
            var (value, number) = PtxNumber.Parse(token);
            return new PtxOperand(PtxOperandKind.Immediate) { Value = value, Decimal = number };
        }
        if (scope.TryRegister(token.Text, out var register))
            return register;
        if (scope.TryVariable(token.Text, out var variable))
            return new PtxOperand(PtxOperandKind.Symbol) { Variable = variable, Offset = Offset() };
        if (token.Text[0] == '%')
            return new PtxOperand(PtxOperandKind.Special) { Name = token.Text[1..] };
        return new PtxOperand(PtxOperandKind.Name) { Name = token.Text };
    }

    private PtxOperand[] List(string close)
    {
        var elements = new List<PtxOperand>();
        while (Next.Text != close)
        {
            elements.Add(Operand());
            if (Next.Text == ",")
                position++;
        }
        position++;
        return [.. elements];
    }

    private PtxOperand Address()
    {
        var elements = new List<PtxOperand> { Operand() };
        var offset = Offset();
        while (Next.Text == ",")
        {
            position++;
            elements.Add(Operand());
        }
        if (Next.Text != "]")
            throw new PtxException("an address without its bracket", Next.Line, Next.Text);
        position++;
        return new PtxOperand(PtxOperandKind.Address) { Elements = [.. elements], Offset = offset };
    }

    private long Offset()
    {
        if (Next.Text is not ("+" or "-"))
            return 0;
        var sign = tokens[position++].Text == "-" ? -1 : 1;
        if (Next.Text == "-")
        {
            sign = -sign;
            position++;
        }
        return sign * (long)PtxNumber.Parse(tokens[position++]).Value;
    }

    private void Resolve(PtxInstruction instruction)
    {
        if (instruction.Name == "bra")
            instruction.Targets = [Label(instruction, instruction.Operands[0].Name)];
        else if (instruction.Name == "brx")
            instruction.Targets = [.. tables[instruction.Operands[1].Name].Select(label => Label(instruction, label))];
    }

    private int Label(PtxInstruction instruction, string name) =>
        labels.TryGetValue(name, out var target) ? target : throw instruction.Unknown($"no label {name}");
}
